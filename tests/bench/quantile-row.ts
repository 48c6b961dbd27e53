import type { Row, Unit } from "./benchmark.ts";
import { summarize, tailOf } from "./statistics.ts";

/** A row with its slow end: what one in twenty, and one in a hundred, has to wait. */
export const quantileRow = (what: string, samples: readonly number[], unit: Unit = "ms"): Row => ({
  what,
  unit,
  summary: summarize(samples),
  tail: { p95: tailOf(samples, 0.95), p99: tailOf(samples, 0.99) },
});
