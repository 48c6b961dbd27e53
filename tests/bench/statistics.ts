/** A median with an interval that holds the true median with `confidence`, by order statistics: no shape is assumed. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Probability that the true median lies in `low`…`high`; below 0.95 when there were too few samples for more. */
  readonly confidence: number;
  readonly samples: number;
}

const WANTED_CONFIDENCE = 0.95;

/** RangeError when there is no sample, or one is not a finite number. */
export function summarize(samples: readonly number[]): Summary {
  if (samples.length === 0) throw new RangeError("no samples");
  if (!samples.every(Number.isFinite)) throw new RangeError("a sample is not a finite number");
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = intervalRank(sorted.length);
  return {
    median: quantile(sorted, 0.5),
    low: sorted[rank] ?? Number.NaN,
    high: sorted[sorted.length - 1 - rank] ?? Number.NaN,
    confidence: coverage(sorted.length, rank),
    samples: sorted.length,
  };
}

/** A share of the samples lies below, e.g. 0.95; of few samples it is next to the slowest. RangeError as above. */
export function tailOf(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError("no samples");
  return quantile(
    samples.toSorted((a, b) => a - b),
    share,
  );
}

/** Ratios of samples that were taken in turns, pair by pair: what slows the machine down slows both of a pair. */
export function summarizeRatio(ours: readonly number[], theirs: readonly number[]): Summary {
  if (ours.length !== theirs.length) throw new RangeError("the samples are no pairs");
  return summarize(ours.map((value, index) => value / (theirs[index] ?? Number.NaN)));
}

/** Linear interpolation between the two nearest samples. */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

/** How many samples may lie outside on either side: the most that keeps the wanted confidence, else none. */
function intervalRank(count: number): number {
  let rank = 0;
  while (rank + 1 < count / 2 && coverage(count, rank + 1) >= WANTED_CONFIDENCE) rank++;
  return rank;
}

/** Each sample falls below the true median with probability ½: 1 - 2 P(Binomial(count, ½) ≤ rank). */
function coverage(count: number, rank: number): number {
  let term = 0.5 ** count;
  let tail = term;
  for (let below = 1; below <= rank; below++) {
    term *= (count - below + 1) / below;
    tail += term;
  }
  return Math.max(0, 1 - 2 * tail);
}
