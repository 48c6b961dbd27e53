import { type HostInfo, Vm, VmId } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { FakeMachine } from "../testing/fake-machine.ts";
import { type PoolSight, planPools } from "./pool-plan.ts";
import type { PoolRecord, PoolVm } from "./pool-record.ts";

const NOW = Date.parse("2026-01-01T12:00:00.000Z");
const at = (ms: number) => new Date(NOW + ms).toISOString();
const vmId = (letter: string) => VmId.parse(`vm_${letter.repeat(20)}`);

const pool = (part: Partial<PoolRecord> = {}): PoolRecord => ({
  name: "warm",
  source: "api",
  image: "tiny",
  size: 1,
  vcpus: null,
  memoryMib: null,
  hits: 0,
  misses: 0,
  refillMs: [],
  claimMs: [],
  reason: null,
  egress: null,
  ...part,
});

const row = (part: Partial<PoolVm> = {}): PoolVm => ({
  vmId: vmId("a"),
  pool: "warm",
  state: "ready",
  image: "tiny",
  imageId: "tiny-1",
  askedVcpus: null,
  askedMemoryMib: null,
  memoryMib: 256,
  askedAt: at(-60_000),
  readyAt: at(-30_000),
  ...part,
});

const filling = (part: Partial<PoolVm> = {}) => row({ state: "filling", readyAt: null, ...part });

const seen = (part: Partial<Vm> = {}): Vm =>
  Vm.parse({
    id: vmId("a"),
    state: "ready",
    image: "tiny",
    imageId: "tiny-1",
    vcpus: 1,
    memoryMib: 256,
    hasBrowser: false,
    driver: "fake",
    accelerator: "none",
    createdAt: at(-60_000),
    provenAt: at(-1000),
    steps: [],
    ...part,
  });

function host(change: (machine: FakeMachine) => void = () => {}): HostInfo {
  const machine = new FakeMachine();
  change(machine);
  return machine.describe(0);
}

const sightOf = (part: Partial<PoolSight>): PoolSight => ({
  pools: [pool()],
  vms: [],
  host: host(),
  hostVms: [],
  busy: new Set(),
  faults: new Map(),
  refills: 10,
  now: NOW,
  fillMs: 600_000,
  isFirst: false,
  ...part,
});

/** Each step in a few words: what, and the VM's letter or the pool's name. */
function plan(part: Partial<PoolSight>): string[] {
  return planPools(sightOf(part)).map((step) => {
    if (step.do === "ask") return `ask ${step.pool.name}`;
    if (step.do === "explain") return `explain ${step.reason?.code ?? "nothing"}`;
    const fault = step.do === "drain" && step.fault ? ` for ${step.fault.code}` : "";
    return `${step.do} ${step.vm.vmId[3]}${fault}`;
  });
}

const many = (count: number, part: Partial<PoolVm> = {}) =>
  Array.from({ length: count }, (_, index) => row({ vmId: vmId(String.fromCharCode(97 + index)), ...part }));
const seenAll = (rows: readonly PoolVm[]) => rows.map((one) => seen({ id: one.vmId }));

describe("planPools", () => {
  test.each<[string, Partial<PoolSight>, string[]]>([
    ["an empty pool is filled", {}, ["ask warm"]],
    ["a full pool needs nothing", { vms: [row()], hostVms: [seen()] }, []],
    ["one that waits for hostd's answer is left alone", { vms: [filling()], busy: new Set([vmId("a")]) }, []],
    [
      "one that hostd has begun is waited for",
      { vms: [filling()], hostVms: [seen({ state: "booting" })] },
      [],
    ],
    [
      "a ready VM is offered once its second look has passed",
      { vms: [filling()], hostVms: [seen()] },
      ["offer a"],
    ],
    ["and not before", { vms: [filling()], hostVms: [seen({ provenAt: undefined })] }, []],
    [
      "one that was written down and never asked for is asked for again",
      { vms: [filling({ memoryMib: null, imageId: null })] },
      ["askAgain a"],
    ],
    [
      "one that failed goes, with its reason, and is not replaced at once",
      {
        vms: [filling()],
        hostVms: [seen({ state: "failed", reason: { code: "GATE_LINK", message: "m", fix: "f" } })],
      },
      ["drain a for GATE_LINK"],
    ],
    ["one that hostd lost goes", { vms: [row()] }, ["drain a for VM_NOT_FOUND"]],
    [
      "one that went while we were away is replaced at once: it was ended with us",
      { vms: [row()], isFirst: true },
      ["drain a", "ask warm"],
    ],
    [
      "one that never gets ready goes",
      { vms: [filling()], hostVms: [seen({ state: "booting" })], now: NOW + 600_000 },
      ["drain a for DEADLINE_EXCEEDED"],
    ],
    [
      "one that hostd proves anew cannot be claimed meanwhile",
      { vms: [row()], hostVms: [seen({ state: "verifying" })] },
      ["withdraw a"],
    ],
    [
      "one that leaves is removed, and another asked for",
      { vms: [row({ state: "leaving" })], hostVms: [seen()] },
      ["remove a", "ask warm"],
    ],
    [
      "one that a session is getting is not touched, and counts no more",
      { vms: [row({ state: "claimed" })], hostVms: [seen()] },
      ["ask warm"],
    ],
    [
      "a new image drains the VMs of the old one",
      { vms: [row()], hostVms: [seen()], host: host(({ images }) => images.set("tiny", "tiny-2")) },
      ["drain a", "ask warm"],
    ],
    [
      "a new shape drains the VMs of the old one",
      { vms: [row()], hostVms: [seen()], pools: [pool({ memoryMib: 512 })] },
      ["drain a", "ask warm"],
    ],
    ["VMs of a pool that is gone go", { pools: [], vms: [row()], hostVms: [seen()] }, ["drain a"]],
    [
      "what is too many goes, and first what is not ready",
      {
        vms: [row(), filling({ vmId: vmId("b") })],
        hostVms: [seen(), seen({ id: vmId("b"), state: "booting" })],
      },
      ["drain b"],
    ],
    [
      "a pool of none keeps none",
      { pools: [pool({ size: 0 })], vms: [row()], hostVms: [seen()] },
      ["drain a"],
    ],
    [
      "an image that does not exist is the reason",
      { pools: [pool({ image: "nope" })] },
      ["explain IMAGE_NOT_FOUND"],
    ],
    [
      "an image that was removed drains its VMs and is the reason",
      { vms: [row()], hostVms: [seen()], host: host(({ images }) => images.delete("tiny")) },
      ["drain a", "explain IMAGE_NOT_FOUND"],
    ],
    [
      "without memory for all, as many are made as fit, and why not more is told",
      {
        pools: [pool({ size: 5 })],
        host: host((machine) => {
          machine.availableMib = 512 + 2 * 256;
        }),
      },
      ["ask warm", "ask warm", "explain POOL_TOO_LARGE"],
    ],
    [
      "without addresses none is made",
      {
        host: host((machine) => {
          machine.slots = 0;
        }),
      },
      ["explain POOL_TOO_LARGE"],
    ],
    [
      "what is under way has its memory promised",
      {
        pools: [pool({ size: 3 })],
        vms: [filling()],
        hostVms: [seen({ state: "booting" })],
        host: host((machine) => {
          machine.availableMib = 512 + 2 * 256;
        }),
      },
      ["ask warm", "explain POOL_TOO_LARGE"],
    ],
    [
      "restored VMs count in full, though they have touched little of their memory, and so do those of sessions",
      {
        pools: [pool({ size: 9 })],
        vms: many(2),
        hostVms: [...seenAll(many(2)), seen({ id: vmId("x"), memoryMib: 1024 })],
        host: host((machine) => {
          machine.totalMib = 512 + 2 * 256 + 1024 + 3 * 256;
        }),
      },
      [...Array(3).fill("ask warm"), "explain POOL_TOO_LARGE"],
    ],
    [
      "what is asked for counts before hostd has it, and a paused VM counts for nothing",
      {
        pools: [pool({ size: 9 })],
        vms: [filling({ memoryMib: null })],
        busy: new Set([vmId("a")]),
        hostVms: [seen({ id: vmId("x"), state: "paused", memoryMib: 1024 })],
        host: host((machine) => {
          machine.totalMib = 512 + 3 * 256;
        }),
      },
      [...Array(2).fill("ask warm"), "explain POOL_TOO_LARGE"],
    ],
    [
      "after a failure it waits",
      { faults: new Map([["warm", { until: NOW + 1, reason: { code: "X", message: "m", fix: "f" } }]]) },
      ["explain X"],
    ],
    [
      "and tries again when the wait is over, the reason still standing",
      { faults: new Map([["warm", { until: NOW, reason: { code: "X", message: "m", fix: "f" } }]]) },
      ["ask warm", "explain X"],
    ],
    [
      "a reason that no longer holds is taken back",
      { pools: [pool({ reason: { code: "X", message: "m", fix: "f" } })] },
      ["ask warm", "explain nothing"],
    ],
  ])("%s", (_, sight, steps) => {
    expect(plan(sight)).toEqual(steps);
  });

  test("a reason that stands is told once", () => {
    const [step] = planPools(sightOf({ pools: [pool({ image: "nope" })] }));
    const reason = step?.do === "explain" ? step.reason : null;
    expect(reason).not.toBeNull();
    expect(plan({ pools: [pool({ image: "nope", reason })] })).toEqual([]);
  });

  test("so many are made at one time, in all pools together, and the emptiest pool comes first", () => {
    const half = many(2, { pool: "half" });
    const pools = [pool({ name: "half", size: 4 }), pool({ name: "empty", size: 4 })];
    const sight = { pools, vms: half, hostVms: seenAll(half) };
    expect(plan({ ...sight, refills: 3 })).toEqual(["ask empty", "ask empty", "ask empty"]);
    expect(plan({ ...sight, refills: 5 })).toEqual([...Array(4).fill("ask empty"), "ask half"]);
    const under = many(2, { pool: "half", state: "filling", readyAt: null });
    const booting = under.map((one) => seen({ id: one.vmId, state: "booting" }));
    expect(plan({ pools, vms: under, hostVms: booting, refills: 3 })).toEqual(["ask empty"]);
  });

  test("two pools do not promise the same memory", () => {
    const pools = [pool({ name: "a", size: 2 }), pool({ name: "b", size: 2 })];
    const tight = host((machine) => {
      machine.availableMib = 512 + 3 * 256;
    });
    const asked = plan({ pools, host: tight }).filter((step) => step.startsWith("ask"));
    expect(asked).toEqual(["ask a", "ask a", "ask b"]);
  });
});
