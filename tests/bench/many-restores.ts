import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { makeId, type Vm, VmId } from "@browservm/contract";
import { HostUnderTest } from "../harness/host-under-test.ts";
import { atLeast, type BenchContext, type Benchmark, type Measured, type Row } from "./benchmark.ts";
import { goldenOf } from "./golden-under-test.ts";
import { quantileRow } from "./quantile-row.ts";
import { summarize } from "./statistics.ts";

/** Twenty emulated browsers on two processors were not ready after seven minutes, and tell nothing that ten do not. */
const CROWDS = {
  kvm: [
    { image: "browser", count: 10 },
    { image: "browser", count: 20 },
  ],
  tcg: [
    { image: "tiny", count: 20 },
    { image: "browser", count: 10 },
  ],
} as const;
/** A crowd shares the machine's processors. */
const SETTLED_MS = 3_600_000;

interface Crowd {
  readonly image: string;
  readonly count: number;
}

export const manyRestores: Benchmark = {
  name: "many-restores",
  title: "many VMs restored at once, and the memory that they take",
  run: measure,
};

/** MiB of one VMM (Documentation/filesystems/proc.rst, smaps_rollup). */
interface Memory {
  readonly rss: number;
  /** What is shared counts in parts. */
  readonly pss: number;
  readonly shared: number;
}

async function measure({ note }: BenchContext): Promise<Measured> {
  const env = { BROWSERVM_VMM__ACCELERATOR: "auto", BROWSERVM_LIMITS__TIMEOUT_SCALE: "6" };
  await using host = await HostUnderTest.start({ env });
  const { accelerator } = await host.client.getHost();
  const crowds: readonly Crowd[] = CROWDS[accelerator.name === "kvm" ? "kvm" : "tcg"];
  const rows: Row[] = [];
  const succeeded: number[] = [];
  for (const crowd of crowds) {
    const { image, count } = crowd;
    note(`${image}: the golden snapshot`);
    await goldenOf(host, image);
    note(`${count} × ${image} at once`);
    const began = performance.now();
    const vms = await Promise.all(Array.from({ length: count }, () => restoreOne(host, image)));
    const allMs = performance.now() - began;
    const ready = vms.filter(({ state }) => state === "ready");
    succeeded.push(ready.length / count);
    rows.push(...rowsOf(crowd, ready, allMs));
    for (const { id, reason } of vms.filter(({ state }) => state !== "ready"))
      note(`${id} failed: ${reason?.code} ${reason?.message}`);
    await Promise.all(vms.map(({ id }) => host.client.removeVm(id)));
  }
  return {
    rows,
    goals: crowds.map(({ image, count }, index) =>
      atLeast(
        `share of ${count} restores of ${image} at once that succeed`,
        summarize([succeeded[index] ?? 0]),
        1,
      ),
    ),
    notes: [
      `Accelerator ${accelerator.name}. One round each: a crowd shares the machine's processors, so its times say how long a queue is, not how fast a restore.`,
      "Memory is of the QEMU processes, taken when all are ready; an emulated one also keeps its translated code there. With QEMU before 8.2 the golden memory is a sealed memfd, once for all, counted in parts in each PSS.",
    ],
  };
}

async function restoreOne(host: HostUnderTest, image: string): Promise<Vm> {
  const id = VmId.parse(makeId("vm", randomBytes(20)));
  await host.client.createVm({ id, image, start: "restore" });
  return host.settled(id, SETTLED_MS);
}

function rowsOf({ image, count }: Crowd, vms: readonly Vm[], allMs: number): Row[] {
  const memory = vms.flatMap(({ pid }) => (pid === undefined ? [] : [memoryOf(pid)]));
  const row = (what: string, values: readonly number[], unit: Row["unit"]): Row => ({
    what: `${count} × ${image}: ${what}`,
    unit,
    summary: summarize(values),
  });
  return [
    row("until the last is ready", [allMs], "ms"),
    {
      ...quantileRow(
        `${count} × ${image}: until one is ready`,
        vms.map(({ readyAt, createdAt }) => Date.parse(readyAt ?? "") - Date.parse(createdAt)),
      ),
    },
    row(
      "RSS of each",
      memory.map(({ rss }) => rss),
      "MiB",
    ),
    row(
      "PSS of each",
      memory.map(({ pss }) => pss),
      "MiB",
    ),
    row(
      "of that shared",
      memory.map(({ shared }) => shared),
      "MiB",
    ),
  ];
}

function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const mib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / 1024;
  return { rss: mib("Rss"), pss: mib("Pss"), shared: mib("Shared_Clean") + mib("Shared_Dirty") };
}
