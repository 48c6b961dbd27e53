import { randomInt } from "node:crypto";

/** One way to do the thing that is measured. */
export interface Way {
  readonly what: string;
  /** Makes what the deed needs; answers the deed, which alone is timed. */
  prepare(): () => unknown;
}

/**
 * Milliseconds of each way in each round. Every round does all ways once, in an order drawn anew, so that whatever
 * happens to the machine, and whatever one way leaves behind for the next, happens to all of them.
 */
export async function timeInTurns<W extends string>(
  ways: Readonly<Record<W, Way>>,
  rounds: number,
  afterRound: () => Promise<void>,
): Promise<Record<W, number[]>> {
  const names = Object.keys(ways) as W[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<W, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of shuffled(names)) {
      const deed = ways[name].prepare();
      const started = performance.now();
      await deed();
      times[name].push(performance.now() - started);
    }
    await afterRound();
  }
  return times;
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[]): T[] {
  const out = [...items];
  for (let last = out.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [out[last], out[other]] = [out[other] as T, out[last] as T];
  }
  return out;
}
