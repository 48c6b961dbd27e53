import { Pool, Snapshot } from "@browservm/contract";

export const poolFact = (over: Partial<Pool> = {}): Pool =>
  Pool.parse({
    name: "warm",
    image: "browser",
    size: 3,
    source: "api",
    ready: 2,
    filling: 1,
    hits: 9,
    misses: 1,
    refillMs: { p50: 3100, p95: 4200 },
    claimMs: { p50: 12, p95: 31 },
    reason: null,
    ...over,
  });

export const snapshotFact = (over: Partial<Snapshot> = {}): Snapshot =>
  Snapshot.parse({
    id: "browser-0123456789abcdef",
    state: "ready",
    image: "browser",
    imageId: "img-1",
    vcpus: 2,
    memoryMib: 2048,
    diskMib: 4096,
    driver: "qemu",
    vmm: "QEMU 7.2.22",
    cpu: "qemu64",
    accelerator: "tcg",
    users: 0,
    current: true,
    ...over,
  });
