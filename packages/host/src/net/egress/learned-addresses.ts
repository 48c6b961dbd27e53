import type { PortRange } from "@browservm/contract";
import { applyNft } from "../firewall/nft.ts";
import { renderRenewal, type SetElement } from "../firewall/ruleset.ts";
import { compileEgress } from "./compile.ts";
import type { SlotEgress } from "./egress-elements.ts";
import { EGRESS_TABLE } from "./egress-sets.ts";

/** Most addresses that one guest's names may have at one time. */
const MOST_PER_GUEST = 2048;
/** What was learned is remembered for so long after its time: a change of policy must not cut what it still allows. */
const REMEMBERED_MS = 3_600_000;
/** How long it is open again then. */
const KEPT_SECONDS = 60;

/** One address that a name of a guest's policy has. */
export interface Learned {
  readonly address: string;
  readonly name: string;
  readonly ports: readonly PortRange[];
  readonly untilMs: number;
}

export interface Lesson {
  readonly guest: string;
  readonly name: string;
  readonly ports: readonly PortRange[];
  readonly addresses: readonly string[];
  readonly seconds: number;
  /** So much of `seconds` may be over already when it is told again: the asker keeps the address for the rest. */
  readonly spareSeconds: number;
}

export interface LearnedOptions {
  readonly apply?: (script: string) => Promise<void>;
  readonly now?: () => number;
}

/** The addresses that names have opened: in the kernel with a time-out, and here, for whoever must load it anew. */
export class LearnedAddresses {
  readonly #guests = new Map<string, Map<string, Learned>>();
  /** How many are being written, by guest. */
  readonly #coming = new Map<string, number>();
  readonly #apply: (script: string) => Promise<void>;
  readonly #now: () => number;
  #waiting: SetElement[] = [];
  #writing: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor({ apply = applyNft, now = Date.now }: LearnedOptions = {}) {
    this.#apply = apply;
    this.#now = now;
  }

  /** Settles when the kernel lets the guest reach them. False: it has learned too many already. */
  async learn(lesson: Lesson): Promise<boolean> {
    const known = this.#of(lesson.guest);
    this.#forgetUntil(known, this.#now() - REMEMBERED_MS);
    const fresh = lesson.addresses.filter((address) =>
      this.#isNews(known.get(keyOf(lesson, address)), lesson),
    );
    const coming = this.#coming.get(lesson.guest) ?? 0;
    const room = MOST_PER_GUEST - coming - fresh.length;
    if (known.size > room) this.#forgetUntil(known, this.#now());
    if (known.size > room) return false;
    this.#coming.set(lesson.guest, coming + fresh.length);
    try {
      if (fresh.length > 0) await this.#write(fresh.flatMap((address) => elementsFor(lesson, address)));
    } finally {
      const left = (this.#coming.get(lesson.guest) ?? 0) - fresh.length;
      this.#coming.set(lesson.guest, Math.max(0, left));
    }
    const untilMs = this.#now() + lesson.seconds * 1000;
    const { name, ports } = lesson;
    for (const address of fresh) known.set(keyOf(lesson, address), { address, name, ports, untilMs });
    return true;
  }

  /** Those that are open now. */
  of(guest: string): Learned[] {
    const now = this.#now();
    return [...(this.#guests.get(guest)?.values() ?? [])].filter(({ untilMs }) => untilMs > now);
  }

  /** Elements of all guests, with the time that they have left. */
  elements(): SetElement[] {
    return [...this.#guests.keys()].flatMap((guest) => this.elementsOf(guest));
  }

  elementsOf(guest: string): SetElement[] {
    const now = this.#now();
    return this.of(guest).flatMap((one) =>
      elementsFor({ ...one, guest, seconds: Math.ceil((one.untilMs - now) / 1000) }, one.address),
    );
  }

  /** After a change: what the policy does not allow is forgotten, and the rest is open for a while longer. */
  keepOnly({
    address,
    egress,
  }: {
    readonly address: { readonly ip: string };
    readonly egress?: SlotEgress;
  }): void {
    const compiled = egress && compileEgress(egress.policy);
    const known = this.#guests.get(address.ip);
    for (const [key, one] of known ?? []) {
      const match = compiled?.isClosed ? compiled.allowedNames.match(one.name) : undefined;
      if (!match || compiled?.deniedNames.match(one.name)) known?.delete(key);
      else known?.set(key, { ...one, ports: match.ports, ...this.#prolonged(one) });
    }
  }

  /** Its slot is free. */
  forget(guest: string): void {
    this.#guests.delete(guest);
    this.#coming.delete(guest);
  }

  #prolonged({ untilMs }: Learned) {
    return { untilMs: Math.max(untilMs, this.#now() + KEPT_SECONDS * 1000) };
  }

  #of(guest: string): Map<string, Learned> {
    const known = this.#guests.get(guest) ?? new Map<string, Learned>();
    this.#guests.set(guest, known);
    return known;
  }

  #isNews(known: Learned | undefined, { ports, seconds, spareSeconds }: Lesson): boolean {
    if (!known || known.ports !== ports) return true;
    return known.untilMs - this.#now() < (seconds - spareSeconds) * 1000;
  }

  /** Those whose time was over then. */
  #forgetUntil(known: Map<string, Learned>, time: number): void {
    for (const [key, { untilMs }] of known) if (untilMs <= time) known.delete(key);
  }

  /** Lessons that come while nft runs are one call of it together. */
  #write(elements: readonly SetElement[]): Promise<void> {
    this.#waiting.push(...elements);
    this.#next ??= this.#writing
      .catch(() => {}) // told to those who waited for it
      .then(() => {
        const all = this.#waiting;
        this.#waiting = [];
        this.#next = undefined;
        this.#writing = this.#apply(renderRenewal(all));
        return this.#writing;
      });
    return this.#next;
  }
}

/** Two names may have one address, for other ports. */
const keyOf = ({ name }: Pick<Lesson, "name">, address: string): string => `${address} ${name}`;

function elementsFor(
  { guest, ports, seconds }: Pick<Lesson, "guest" | "ports" | "seconds">,
  address: string,
): SetElement[] {
  const table = EGRESS_TABLE;
  const timeoutSeconds = seconds;
  if (ports.some(({ from, to }) => from <= 1 && to === 65_535))
    return [{ table, set: "egress_names", element: `${guest} . ${address}`, timeoutSeconds }];
  return ports
    .flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index))
    .map((port) => ({
      table,
      set: "egress_name_ports",
      element: `${guest} . ${address} . ${port}`,
      timeoutSeconds,
    }));
}
