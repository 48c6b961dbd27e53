import { randomBytes, randomUUID } from "node:crypto";
import type { VmAddress } from "@browservm/contract";
import { z } from "zod";

/** What a guest's network stack has; frozen with it. */
export const NetworkMemory = z.object({
  mac: z.string(),
  mtu: z.number(),
  up: z.boolean(),
  /** Absent: its link has no address. */
  address: z.object({ ip: z.string(), prefix: z.number(), gateway: z.string() }).optional(),
  dns: z.array(z.string()),
});
export type NetworkMemory = z.infer<typeof NetworkMemory>;

/** All that a fake guest remembers, and what is frozen of it: its clones have it in common until each takes its own identity. */
export const GuestMemory = z.object({
  /** As a real kernel's it stays, whoever the machine becomes. */
  bootId: z.string(),
  uptimeMs: z.number(),
  /** The guest's own time, in milliseconds since 1970: a frozen clock stands still. */
  clockMs: z.number(),
  hello: z.object({ vmId: z.string(), nonce: z.string() }),
  hostname: z.string(),
  machineId: z.string(),
  hostKey: z.string(),
  /** What `/dev/urandom` gives depends on both, so clones of one memory read the same. */
  randomness: z.object({ seed: z.string(), reads: z.int() }),
  network: NetworkMemory,
  /** The network before `snapshot.prepare`; only a guest that is planned to leak has not forgotten it. */
  formerNetwork: NetworkMemory.optional(),
  display: z.object({ width: z.int(), height: z.int() }),
  url: z.string(),
  /** Path → content in base64. */
  files: z.record(z.string(), z.string()),
  injected: z.array(z.string()),
  nextExec: z.int(),
  /** What a guest that counts on its console said last. */
  count: z.int(),
});
export type GuestMemory = z.infer<typeof GuestMemory>;

export const START_PAGE = "about:blank";

/** What a guest is told at its boot. */
export interface BootFacts {
  readonly address: VmAddress;
  readonly mtu: number;
  readonly dns: readonly string[];
  readonly injected: readonly string[];
}

/** The memory of a guest that boots. */
export const bootedMemory = (orders: BootFacts): GuestMemory => ({
  bootId: randomUUID(),
  uptimeMs: 0,
  clockMs: Date.now(),
  hello: { vmId: "", nonce: "" },
  hostname: "browservm",
  machineId: randomBytes(16).toString("hex"),
  hostKey: randomBytes(32).toString("base64"),
  randomness: { seed: randomBytes(32).toString("hex"), reads: 0 },
  network: plannedSettings(orders),
  display: { width: 1280, height: 720 },
  url: START_PAGE,
  files: {},
  injected: [...orders.injected],
  nextExec: 1,
  count: 0,
});

const plannedSettings = ({ address, mtu, dns }: BootFacts): NetworkMemory => ({
  mac: address.mac,
  mtu,
  up: true,
  address: { ip: address.ip, prefix: address.prefix, gateway: address.gateway },
  dns: [...dns],
});
