import { parseRange, sizeOf, toIpv4, toNumber } from "../../ipv4.ts";

/** What guests with a proxy are told instead of addresses (RFC 2544: nobody has them). */
export const SYNTHETIC_RANGE = "198.18.0.0/15";
const { base, prefix } = parseRange(SYNTHETIC_RANGE);
/** The first and the last stay unused: some programs take them for a network's own. */
const ROOM = sizeOf(prefix) - 2;
const MOST_NAMES = 8192;

interface GuestNames {
  readonly byName: Map<string, number>;
  readonly byNumber: Map<number, string>;
  next: number;
}

/** The names that each guest with a proxy has asked for, behind addresses that mean something to that guest only. */
export class SyntheticNames {
  readonly #guests = new Map<string, GuestNames>();

  /** The same name has the same address, until thousands of others were asked for. */
  addressOf(guest: string, name: string): string {
    const known = this.#guests.get(guest) ?? { byName: new Map(), byNumber: new Map(), next: 0 };
    this.#guests.set(guest, known);
    const number = known.byName.get(name) ?? newNumber(known);
    // The one that was asked for last stays longest.
    known.byName.delete(name);
    known.byName.set(name, number);
    known.byNumber.set(number, name);
    return toIpv4(base + 1 + number);
  }

  /** Undefined: this guest was told no name for it, or too long ago. */
  nameOf(guest: string, ip: string): string | undefined {
    return this.#guests.get(guest)?.byNumber.get(toNumber(ip) - base - 1);
  }

  /** Of guests that are no more nothing is kept. */
  keepOnly(alive: ReadonlySet<string>): void {
    for (const guest of this.#guests.keys()) if (!alive.has(guest)) this.#guests.delete(guest);
  }
}

/** An address is used again as late as can be: somebody may still know the old name by it. */
function newNumber(known: GuestNames): number {
  const [oldest] = known.byName;
  if (known.byName.size >= MOST_NAMES && oldest) {
    known.byName.delete(oldest[0]);
    known.byNumber.delete(oldest[1]);
  }
  let number = known.next;
  while (known.byNumber.has(number)) number = (number + 1) % ROOM;
  known.next = (number + 1) % ROOM;
  return number;
}
