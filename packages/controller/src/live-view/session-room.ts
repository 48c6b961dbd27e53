import { BrowserVmError, CLOSE_CODES, type Viewer, type ViewerId } from "@browservm/contract";
import { ControlLease } from "./control-lease.ts";
import { type Person, Seat, type ViewConnection, type ViewKind } from "./seat.ts";

/** Guests that fill a session do not keep its operators out. */
const OPERATORS_MORE = 8;

export interface RoomSpec {
  /** A place is kept for so long after its connection is gone, in milliseconds. */
  readonly graceMs: number;
  readonly idleMs: number;
  /** Operators may be some more. */
  readonly maxViewers: number;
  readonly changed: () => void;
}

/** All that look at one session, and who of them has the control. */
export class SessionRoom implements Disposable {
  readonly #spec: RoomSpec;
  readonly #seats = new Map<ViewerId, Seat>();
  readonly lease: ControlLease;

  constructor(spec: RoomSpec) {
    this.#spec = spec;
    this.lease = new ControlLease({
      idleMs: spec.idleMs,
      seats: () => this.#seats.values(),
      changed: spec.changed,
    });
  }

  get isEmpty(): boolean {
    return this.#seats.size === 0;
  }

  get openViews(): number {
    return [...this.#seats.values()].filter(({ isHere }) => isHere).length;
  }

  /** Keeps a place for somebody who is on the way. FORBIDDEN when it is another's, TOO_MANY_VIEWERS. */
  expect(person: Person): Seat {
    const seat = this.#seats.get(person.id) ?? this.#newSeat(person);
    if (seat.person.scope !== person.scope)
      throw new BrowserVmError("FORBIDDEN", "another viewer has this id", { id: person.id });
    seat.arriving += 1;
    return seat;
  }

  /** The end of a way: whether or not the viewer has arrived. */
  expectNoMore(seat: Seat): void {
    seat.arriving -= 1;
    if (seat.arriving === 0 && !seat.isHere && !seat.farewell) this.#forget(seat);
  }

  /** Somebody has arrived. The same viewer's older connection of that kind is closed. */
  sit(seat: Seat, kind: ViewKind, connection: ViewConnection): void {
    if (seat.isRemoved) {
      connection.end(CLOSE_CODES.removed);
      return;
    }
    const before = seat.connections.get(kind);
    clearTimeout(seat.farewell);
    seat.farewell = undefined;
    seat.connections.set(kind, connection);
    seat.leftAt = null;
    seat.since ??= new Date().toISOString();
    before?.end(CLOSE_CODES.replaced);
    this.lease.comes(seat);
    this.#spec.changed();
  }

  /** A connection is gone. After the last one its viewer may come back within seconds. */
  rise(seat: Seat, kind: ViewKind, connection: ViewConnection): void {
    if (seat.connections.get(kind) !== connection) return;
    seat.connections.delete(kind);
    if (seat.isRemoved || seat.isHere) return;
    seat.leftAt = Date.now();
    seat.farewell = setTimeout(() => this.#forgetAway(seat), this.#spec.graceMs).unref();
    this.#spec.changed();
  }

  /** Sends somebody away, for good. */
  remove(seat: Seat): void {
    seat.isRemoved = true;
    this.#forget(seat);
    seat.end(CLOSE_CODES.removed);
  }

  /** Sends all away that are so, also those that are still on the way. */
  removeWhere(isMeant: (person: Person) => boolean): void {
    for (const seat of [...this.#seats.values()]) if (isMeant(seat.person)) this.remove(seat);
  }

  /** VIEWER_NOT_FOUND unless it is seen. */
  find(id: ViewerId): Seat {
    const seat = this.#seats.get(id);
    if (seat && this.#isSeen(seat)) return seat;
    throw new BrowserVmError("VIEWER_NOT_FOUND", `viewer ${id} is not here`, { id });
  }

  /** The first comer first. */
  list(): Viewer[] {
    return [...this.#seats.values()]
      .filter((seat) => this.#isSeen(seat))
      .map((seat) => this.#show(seat))
      .toSorted((a, b) => a.since.localeCompare(b.since));
  }

  [Symbol.dispose](): void {
    this.lease[Symbol.dispose]();
    for (const { farewell } of this.#seats.values()) clearTimeout(farewell);
    this.#seats.clear();
  }

  /** Who has the control is seen until its place is given up: somebody has it. */
  #isSeen(seat: Seat): boolean {
    return seat.isHere || seat === this.lease.holder;
  }

  #show(seat: Seat): Viewer {
    const { id, name, via, linkId, canControl } = seat.person;
    const { asksSince, since } = seat;
    const hasControl = seat === this.lease.holder;
    return {
      id,
      name,
      via,
      linkId,
      canControl,
      hasControl,
      asksSince,
      since: since ?? new Date().toISOString(),
    };
  }

  #newSeat(person: Person): Seat {
    const most = this.#spec.maxViewers + (person.via === "operator" ? OPERATORS_MORE : 0);
    if (this.#seats.size >= most) this.#makeSpace();
    if (this.#seats.size >= most) {
      throw new BrowserVmError("TOO_MANY_VIEWERS", `${most} viewers are here already`, { most });
    }
    const seat = new Seat(person);
    this.#seats.set(person.id, seat);
    return seat;
  }

  /** Who is away and has nothing to come back for makes place. */
  #makeSpace(): void {
    const away = [...this.#seats.values()].find(
      (seat) => seat.farewell && seat.arriving === 0 && seat !== this.lease.holder,
    );
    if (away) this.#forget(away);
  }

  /** Nobody came back in time, and nobody is about to. */
  #forgetAway(seat: Seat): void {
    seat.farewell = undefined;
    if (seat.arriving === 0) this.#forget(seat);
  }

  #forget(seat: Seat): void {
    clearTimeout(seat.farewell);
    seat.farewell = undefined;
    if (this.#seats.get(seat.person.id) === seat) this.#seats.delete(seat.person.id);
    this.lease.goes(seat);
    this.#spec.changed();
  }
}
