import { setTimeout as sleep } from "node:timers/promises";
import type { Vm } from "@browservm/contract";
import { HostUnderTest } from "../harness/host-under-test.ts";
import type { BenchContext, Benchmark, Measured, Row } from "./benchmark.ts";
import { goldenOf } from "./golden-under-test.ts";
import { summarize } from "./statistics.ts";

const IMAGES = ["tiny", "browser"] as const;
const ROUNDS = 5;
const SETTLED_MS = 600_000;

export const pause: Benchmark = {
  name: "pause",
  title: "pause and resume of a small VM and of one with a browser",
  run: measure,
};

/** Milliseconds of one pause and resume, and what lay on disk in between. */
interface Rest {
  readonly pauseMs: number;
  readonly sizeMib: number;
  readonly resumeMs: number;
}

async function measure({ note, rounds = ROUNDS }: BenchContext): Promise<Measured> {
  const env = { BROWSERVM_VMM__ACCELERATOR: "auto", BROWSERVM_SNAPSHOTS__COMPRESS_PAUSED: "false" };
  await using host = await HostUnderTest.start({ env });
  const rows: Row[] = [];
  for (const image of IMAGES) {
    note(`${image}: the golden snapshot`);
    await goldenOf(host, image);
    const vm = await host.vm({ image, start: "restore" });
    const rests: Rest[] = [];
    for (let round = 0; round < rounds; round++) {
      note(`${image}: round ${round + 1} of ${rounds}`);
      rests.push(await restOnce(host, vm));
    }
    await host.client.removeVm(vm.id);
    rows.push(...rowsOf(`${image} (${vm.memoryMib} MiB)`, rests));
  }
  return {
    rows,
    goals: [],
    notes: [
      "Pause: from the call until memory and state are on disk (fsync) and the VMM is gone. Resume: from the call until the gate has passed again. Not compressed, so that the two are compared.",
    ],
  };
}

async function restOnce(host: HostUnderTest, { id }: Vm): Promise<Rest> {
  await proven(host, id);
  const pausing = performance.now();
  const { paused } = await host.client.pauseVm(id);
  const pauseMs = performance.now() - pausing;
  const resuming = performance.now();
  await host.client.resumeVm(id);
  const { state, reason } = await resumed(host, id);
  if (state !== "ready") throw new Error(`it is ${state} after its resume: ${reason?.message}`);
  return { pauseMs, sizeMib: paused?.sizeMib ?? 0, resumeMs: performance.now() - resuming };
}

/** The second look of the gate is over. */
async function proven(host: HostUnderTest, id: Vm["id"]): Promise<void> {
  const deadline = Date.now() + SETTLED_MS;
  while (!(await host.client.getVm(id)).provenAt) {
    if (Date.now() > deadline) throw new Error("R9 did not come to an end");
    await sleep(100);
  }
}

async function resumed(host: HostUnderTest, id: Vm["id"]): Promise<Vm> {
  const deadline = Date.now() + SETTLED_MS;
  for (;;) {
    const vm = await host.client.getVm(id);
    if (["ready", "failed", "paused"].includes(vm.state)) return vm;
    if (Date.now() > deadline) throw new Error(`it is still ${vm.state}`);
    await sleep(20);
  }
}

function rowsOf(what: string, rests: readonly Rest[]): Row[] {
  const row = (name: string, pick: keyof Rest, unit: Row["unit"]): Row => ({
    what: `${what}: ${name}`,
    unit,
    summary: summarize(rests.map((rest) => rest[pick])),
  });
  return [
    row("pause", "pauseMs", "ms"),
    row("on disk", "sizeMib", "MiB"),
    row("resume, gate included", "resumeMs", "ms"),
  ];
}
