import { TapDevice } from "../../packages/host/src/net/tap-device.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { summarize } from "./statistics.ts";
import { TapBridge } from "./tap-bridge.ts";

/** How many, and how often: the kernel works under one lock for all network namespaces, so this is felt elsewhere. */
const SERIES = [
  { count: 250, times: 5 },
  { count: 1000, times: 3 },
] as const;

export const manyTaps: Benchmark = {
  name: "many-taps",
  title: "250 and 1000 TAPs created one after the other, and removed by link group",
  async run({ note }) {
    await using bridge = new TapBridge();
    const rows: Row[] = [];
    for (const { count, times } of SERIES) {
      note(`${count} TAPs, ${times} times`);
      const created: number[] = [];
      const removed: number[] = [];
      for (let time = 0; time < times; time++) {
        const { createMs, removeMs } = await createAndRemove(bridge, count);
        created.push(createMs);
        removed.push(removeMs);
      }
      rows.push(...rowsOf(`${count} created`, created, count), ...rowsOf(`${count} removed`, removed, count));
    }
    return {
      rows,
      goals: [],
      notes: [
        "Created by `TapDevice.create` with its read-back. Removed by moving each into a link group, which one message deletes.",
      ],
    };
  },
};

async function createAndRemove(bridge: TapBridge, count: number) {
  const taps: TapDevice[] = [];
  const started = performance.now();
  for (let slot = 0; slot < count; slot++) taps.push(await TapDevice.create(bridge, bridge.tap(slot)));
  const made = performance.now();
  await bridge.reaper.remove(taps.map(({ name }) => name));
  return { createMs: made - started, removeMs: performance.now() - made };
}

const rowsOf = (what: string, ms: readonly number[], count: number): Row[] => [
  { what, unit: "ms", summary: summarize(ms) },
  { what: `${what}, each`, unit: "ms", summary: summarize(ms.map((total) => total / count)) },
];
