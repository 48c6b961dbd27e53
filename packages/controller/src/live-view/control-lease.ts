import type { Seat } from "./seat.ts";

export interface LeaseSpec {
  /** Who has had the control without input for so long gives it to who asks, in milliseconds. */
  readonly idleMs: number;
  /** All that have a seat, the first comer first. */
  readonly seats: () => Iterable<Seat>;
  /** Called after each change. */
  readonly changed: () => void;
}

/** Who has the control of one session: one seat at most. Knows nothing of who may ask for what. */
export class ControlLease implements Disposable {
  readonly #spec: LeaseSpec;
  #holder: Seat | undefined;
  /** The first that asked comes first. */
  readonly #waiting: Seat[] = [];
  #lastInputAt = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(spec: LeaseSpec) {
    this.#spec = spec;
  }

  get holder(): Seat | undefined {
    return this.#holder;
  }

  /** Somebody has come, or come back. */
  comes(seat: Seat): void {
    if (!this.#holder && seat.person.canControl) this.give(seat);
    this.#settle();
  }

  /** Somebody will not come back. The control goes to who asked first, else to who came while its place was empty. */
  goes(seat: Seat): void {
    this.#waitNoMore(seat);
    if (seat !== this.#holder) return;
    this.#hand(undefined);
    this.#settle();
    const emptySince = seat.leftAt;
    if (this.#holder || emptySince === null) return;
    const heir = [...this.#spec.seats()].find((other) => cameAfter(other, emptySince));
    if (heir) this.#hand(heir);
  }

  ask(seat: Seat): void {
    if (seat === this.#holder || this.#waiting.includes(seat)) return;
    this.#waiting.push(seat);
    seat.asksSince = new Date().toISOString();
    this.#settle();
    this.#spec.changed();
  }

  give(seat: Seat): void {
    this.#hand(seat);
    this.#settle();
  }

  /** Who has it lets it go; who waits for it waits no more. */
  release(seat: Seat): void {
    this.refuse(seat);
    if (seat !== this.#holder) return;
    this.#hand(undefined);
    this.#settle();
  }

  refuse(seat: Seat): void {
    if (!this.#waiting.includes(seat)) return;
    this.#waitNoMore(seat);
    this.#spec.changed();
  }

  /** The holder has used keys or pointer. Cheap: it is called for each. */
  used(): void {
    this.#lastInputAt = Date.now();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#idleTimer);
  }

  #hand(seat: Seat | undefined): void {
    const before = this.#holder;
    if (before === seat) return;
    this.#holder = seat;
    this.#lastInputAt = Date.now();
    if (seat) this.#waitNoMore(seat);
    before?.letGo();
    this.#spec.changed();
  }

  #waitNoMore(seat: Seat): void {
    const at = this.#waiting.indexOf(seat);
    if (at >= 0) this.#waiting.splice(at, 1);
    seat.asksSince = null;
  }

  /** Who asked first and is here gets what is free, or looks again when the holder may have been idle for long enough. */
  #settle(): void {
    clearTimeout(this.#idleTimer);
    const next = this.#waiting.find(({ isHere }) => isHere);
    if (!next) return;
    const idleLeftMs = this.#holder ? this.#lastInputAt + this.#spec.idleMs - Date.now() : 0;
    if (idleLeftMs > 0) {
      this.#idleTimer = setTimeout(() => this.#settle(), idleLeftMs).unref();
      return;
    }
    this.#hand(next);
    this.#settle();
  }
}

const cameAfter = ({ person, since, isHere }: Seat, ms: number): boolean =>
  isHere && person.canControl && since !== null && Date.parse(since) >= ms;
