import type { Summary } from "./statistics.ts";

export type Unit = "ms" | "per s" | "kbit/s" | "Mbit/s" | "MiB" | "KiB" | "×";

/** One line of the table: what was measured, with its median and interval. */
export interface Row {
  readonly what: string;
  readonly unit: Unit;
  readonly summary: Summary;
  /** The slow end, where it was asked for. */
  readonly tail?: { readonly p95: number; readonly p99: number };
}

/** A promise of the product's, and whether this run kept it. */
export interface Goal {
  readonly what: string;
  readonly wanted: string;
  readonly measured: Summary;
  /** Judged by the median. */
  readonly met: boolean;
  /** The whole interval lies on that side of the limit, with 95 % confidence. */
  readonly sure: boolean;
}

export interface Measured {
  readonly rows: readonly Row[];
  readonly goals: readonly Goal[];
  /** What a reader must know to judge the numbers. */
  readonly notes: readonly string[];
}

/** What a benchmark may use while it runs. */
export interface BenchContext {
  /** One line for whoever watches; never a result. */
  readonly note: (line: string) => void;
  /** So many rounds of what takes seconds each (restores, claims, pauses); absent: as many as the machine is good for. */
  readonly rounds?: number;
}

/** One benchmark. It makes what it needs in the current network namespace, and leaves nothing there. */
export interface Benchmark {
  readonly name: string;
  readonly title: string;
  run(context: BenchContext): Promise<Measured>;
}

/** A goal on a ratio or size that must not pass `limit`. */
export const atMost = (what: string, measured: Summary, limit: number): Goal => ({
  what,
  wanted: `≤ ${limit}`,
  measured,
  ...judge(measured, (value) => value <= limit),
});

/** A goal that must reach `limit`. */
export const atLeast = (what: string, measured: Summary, limit: number): Goal => ({
  what,
  wanted: `≥ ${limit}`,
  measured,
  ...judge(measured, (value) => value >= limit),
});

function judge({ median, low, high, confidence }: Summary, holds: (value: number) => boolean) {
  const met = holds(median);
  return { met, sure: confidence >= 0.95 && holds(low) === met && holds(high) === met };
}
