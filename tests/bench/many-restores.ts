import { readFileSync } from "node:fs";
import type { Vm } from "@browservm/contract";
import { HostUnderTest } from "../harness/host-under-test.ts";
import { atLeast, type BenchContext, type Benchmark, type Measured, type Row } from "./benchmark.ts";
import { goldenOf } from "./golden-under-test.ts";
import { quantileRow } from "./quantile-row.ts";
import { summarize } from "./statistics.ts";

const IMAGE = "browser";
const CROWDS = [10, 20] as const;

export const manyRestores: Benchmark = {
  name: "many-restores",
  title: "10 and 20 browsers restored at once, and the memory that they take",
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
  note("the golden snapshot");
  await goldenOf(host, IMAGE);
  const rows: Row[] = [];
  const succeeded: number[] = [];
  for (const count of CROWDS) {
    note(`${count} at once`);
    const began = performance.now();
    const vms = await Promise.all(
      Array.from({ length: count }, () => host.vm({ image: IMAGE, start: "restore" })),
    );
    const allMs = performance.now() - began;
    const ready = vms.filter(({ state }) => state === "ready");
    succeeded.push(ready.length / count);
    rows.push(...rowsOf(count, ready, allMs));
    for (const { id, reason } of vms.filter(({ state }) => state !== "ready"))
      note(`${id} failed: ${reason?.code} ${reason?.message}`);
    await Promise.all(vms.map(({ id }) => host.client.removeVm(id)));
  }
  return {
    rows,
    goals: CROWDS.map((count, index) =>
      atLeast(`share of ${count} restores at once that succeed`, summarize([succeeded[index] ?? 0]), 1),
    ),
    notes: [
      `Accelerator ${accelerator.name}. One round each: a crowd shares the machine's processors, so its times say how long a queue is, not how fast a restore.`,
      "Memory is of the QEMU processes, taken when all are ready; an emulated one also keeps its translated code there. With QEMU before 8.2 the golden memory is a sealed memfd, once for all, counted in parts in each PSS.",
    ],
  };
}

function rowsOf(count: number, vms: readonly Vm[], allMs: number): Row[] {
  const memory = vms.flatMap(({ pid }) => (pid === undefined ? [] : [memoryOf(pid)]));
  const row = (what: string, values: readonly number[], unit: Row["unit"]): Row => ({
    what: `${count} at once: ${what}`,
    unit,
    summary: summarize(values),
  });
  return [
    row("until the last is ready", [allMs], "ms"),
    {
      ...quantileRow(
        `${count} at once: until one is ready`,
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
