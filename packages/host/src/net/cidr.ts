import { BrowserVmError } from "@browservm/contract";
import { formatRange, type Ipv4Range, overlaps, parseRange, sizeOf } from "./ipv4.ts";

/** A route of this machine that a range of ours must not overlap. */
export interface OccupiedRange extends Ipv4Range {
  /** By which link the machine reaches it, for the error text. */
  readonly dev: string;
}

/** Private ranges (RFC 1918), in the order in which they are tried. */
const CANDIDATES = ["192.168.100.0/22", "192.168.0.0/16", "172.16.0.0/12", "10.0.0.0/8"];

/**
 * Throws CIDR_CLASH (with a free range of the same size in `details.suggestion`) when the machine already routes a
 * part of `cidr`, or NO_FREE_CIDR when none is free either. Default routes do not count.
 */
export function refuseClash(cidr: string, occupied: readonly OccupiedRange[]): void {
  const wanted = parseRange(cidr);
  const routes = occupied.filter(({ prefix }) => prefix > 0);
  const clash = routes.find((route) => overlaps(route, wanted));
  if (!clash) return;
  const taken = `${formatRange(clash)} (${clash.dev})`;
  const suggestion = suggestRange(wanted.prefix, routes);
  if (!suggestion) {
    throw new BrowserVmError("NO_FREE_CIDR", `${cidr} overlaps ${taken}, and no private range is free`, {
      cidr,
      clashesWith: taken,
    });
  }
  throw new BrowserVmError("CIDR_CLASH", `${cidr} overlaps the machine's route to ${taken}`, {
    cidr,
    clashesWith: taken,
    suggestion,
  });
}

/** A private range of that size which the machine does not route. */
export function suggestRange(prefix: number, occupied: readonly Ipv4Range[]): string | undefined {
  const free = CANDIDATES.map(parseRange)
    .map((pool) => firstFree(pool, prefix, occupied))
    .find((range) => range !== undefined);
  return free && formatRange(free);
}

/** The first block of `prefix` in `pool` that nothing occupies. */
export function firstFree(
  pool: Ipv4Range,
  prefix: number,
  occupied: readonly Ipv4Range[],
): Ipv4Range | undefined {
  const end = pool.base + sizeOf(pool.prefix);
  let base = pool.base;
  while (base + sizeOf(prefix) <= end) {
    const candidate = { base, prefix };
    const inTheWay = occupied.find((range) => overlaps(range, candidate));
    if (!inTheWay) return candidate;
    // Goes on behind what is in the way, on a boundary of the wanted size.
    const behind = inTheWay.base + sizeOf(inTheWay.prefix);
    base = Math.max(base + sizeOf(prefix), Math.ceil(behind / sizeOf(prefix)) * sizeOf(prefix));
  }
  return undefined;
}
