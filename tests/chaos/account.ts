import { type Event, Repair } from "@browservm/contract";
import type { Harm } from "./harms.ts";

/** A harm that was done, in milliseconds since the epoch. */
export interface DoneHarm {
  readonly harm: Harm;
  readonly at: number;
}

/** A repair follows its harm within this time, even one that waited because the same thing broke again and again. */
const WITHIN_MS = 30_000;

export interface Account {
  readonly repaired: number;
  readonly heldOff: number;
  /** First sign to repair, in milliseconds. */
  readonly medianMs: number;
  readonly longestMs: number;
  /** Repairs without a harm that explains them. */
  readonly unexplained: readonly Repair[];
  /** Harms that no repair followed. */
  readonly unnoticed: readonly DoneHarm[];
}

/** Holds what hostd told of against what was done to it. */
export function account(harms: readonly DoneHarm[], events: readonly Event[]): Account {
  const repairs = events
    .filter(({ type }) => type === "network.repair")
    .map(({ data }) => Repair.parse(data));
  const good = repairs.filter(({ outcome }) => outcome === "repaired");
  const times = good.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  return {
    repaired: good.length,
    heldOff: repairs.filter(({ outcome }) => outcome === "held-off").length,
    medianMs: times[Math.floor((times.length - 1) / 2)] ?? 0,
    longestMs: times.at(-1) ?? 0,
    unexplained: repairs.filter((repair) => !harms.some((done) => explains(done, repair))),
    unnoticed: harms.filter(
      (done) => !repairs.some((repair) => explains(done, repair) || undoes(done, repair)),
    ),
  };
}

function explains({ harm, at }: DoneHarm, repair: Repair): boolean {
  const isItsVm = harm.vmId === undefined || harm.vmId === repair.vmId;
  return harm.codes.includes(repair.code) && isItsVm && isSoonAfter(at, repair);
}

function undoes({ harm, at }: DoneHarm, repair: Repair): boolean {
  const isItsVm = repair.vmId === undefined || harm.vmId === undefined || harm.vmId === repair.vmId;
  return harm.alsoBy.includes(repair.code) && isItsVm && isSoonAfter(at, repair);
}

function isSoonAfter(at: number, repair: Repair): boolean {
  const after = Date.parse(repair.at) - at;
  return after >= 0 && after <= WITHIN_MS;
}
