import type { Pool } from "@browservm/contract";

export type PoolSeat = "ready" | "filling" | "empty";

/** More seats than this are drawn as one bar. */
const MOST_SEATS = 24;

/** Each place of a pool, as long as they can be told apart; absent for large pools. */
export function seatsOf({ size, ready, filling }: Pool): readonly PoolSeat[] | undefined {
  // a pool that was made smaller still holds more for a moment
  const all = Math.max(size, ready + filling);
  if (all > MOST_SEATS) return undefined;
  return Array.from({ length: all }, (_, index) => {
    if (index < ready) return "ready";
    return index < ready + filling ? "filling" : "empty";
  });
}

/** How full it is: "3 of 3 ready", "1 of 3 ready, 2 under way". */
export function fillWords({ size, ready, filling }: Pool): string {
  if (size === 0 && ready + filling === 0) return "switched off";
  return `${ready} of ${size} ready${filling > 0 ? `, ${filling} under way` : ""}`;
}

/** The share of sessions that found a VM: "90 %"; absent before the first one asked. */
export function hitShare({ hits, misses }: Pool): string | undefined {
  const all = hits + misses;
  return all === 0 ? undefined : `${Math.round((100 * hits) / all)} %`;
}
