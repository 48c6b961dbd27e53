import {
  BrowserVmError,
  type ControlRequest,
  type SessionId,
  type Viewer,
  type ViewerId,
  type ViewLinkId,
} from "@browservm/contract";
import type { Logger } from "pino";
import type { Principal } from "../auth/principal.ts";
import type { EventLog } from "../events/event-log.ts";
import { actOnControl } from "./act-on-control.ts";
import type { Person, Refusal, Seat, ViewConnection, ViewKind } from "./seat.ts";
import { SessionRoom } from "./session-room.ts";
import { ViewersTeller } from "./viewers-teller.ts";

const GRACE_MS = 5000;
const IDLE_MS = 30_000;
const TELL_MS = 100;
const MAX_VIEWERS = 64;

export interface ViewersSpec {
  readonly events: EventLog;
  readonly log: Logger;
  readonly graceMs?: number;
  readonly idleMs?: number;
  readonly tellMs?: number;
  /** Of one session. */
  readonly maxViewers?: number;
}

/** Somebody's place, from before the view is open until it is closed. Dispose when it is known whether it arrived. */
export interface Arrival extends Disposable {
  readonly hasControl: () => boolean;
  /** The viewer has used keys or pointer. */
  readonly used: () => void;
  /** Input of the viewer that came beside its view of the display. */
  readonly copy: (bytes: Buffer) => void;
  /** Says to the viewer that something of its input was left out. */
  readonly refuse: (refusal: Refusal) => void;
  /** The view is open. Answers what to call when it is closed. */
  readonly sit: (kind: ViewKind, connection: ViewConnection) => () => void;
}

/** Who looks at which session, and who has the control: in memory, for it is true only while the connections are there. */
export class Viewers implements AsyncDisposable {
  readonly #spec: ViewersSpec;
  readonly #rooms = new Map<SessionId, SessionRoom>();
  readonly #teller: ViewersTeller;

  constructor(spec: ViewersSpec) {
    this.#spec = spec;
    const { events, log, tellMs = TELL_MS } = spec;
    this.#teller = new ViewersTeller({ events, log, tellMs, viewers: (id) => this.list(id) });
  }

  /** Somebody is on the way. FORBIDDEN when the id is another's, TOO_MANY_VIEWERS. */
  expect(id: SessionId, person: Person): Arrival {
    const room = this.#room(id);
    const seat = room.expect(person);
    return {
      hasControl: () => room.lease.holder === seat,
      used: () => room.lease.used(),
      copy: (bytes) => seat.copy(bytes),
      refuse: (refusal) => seat.refuse(refusal),
      sit: (kind, connection) => sit(room, seat, kind, connection),
      [Symbol.dispose]: () => {
        room.expectNoMore(seat);
        this.#tidy(id, room);
      },
    };
  }

  list(id: SessionId): Viewer[] {
    return this.#rooms.get(id)?.list() ?? [];
  }

  /** Open views of all sessions. */
  get count(): number {
    return [...this.#rooms.values()].reduce((sum, room) => sum + room.openViews, 0);
  }

  /** Whether somebody with these credentials has the control. */
  hasControl(id: SessionId, scope: string): boolean {
    return this.#rooms.get(id)?.lease.holder?.person.scope === scope;
  }

  /** VIEWER_NOT_FOUND. */
  find(id: SessionId, viewer: ViewerId): Person {
    return this.#existing(id, viewer).find(viewer).person;
  }

  /** VIEWER_NOT_FOUND, CONTROL_REFUSED. */
  control(id: SessionId, request: ControlRequest, principal: Principal): Viewer[] {
    actOnControl(this.#existing(id, request.viewer), request, principal);
    return this.list(id);
  }

  remove(id: SessionId, viewer: ViewerId): void {
    const room = this.#existing(id, viewer);
    room.remove(room.find(viewer));
  }

  removeByLink(id: SessionId, linkId: ViewLinkId): void {
    this.#rooms.get(id)?.removeWhere((person) => person.linkId === linkId);
  }

  removeByScope(id: SessionId, scope: string): void {
    this.#rooms.get(id)?.removeWhere((person) => person.scope === scope);
  }

  /** Everywhere, for these credentials are no good any more. */
  removeByScopes(scopes: ReadonlySet<string>): void {
    for (const room of [...this.#rooms.values()]) room.removeWhere(({ scope }) => scopes.has(scope));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const room of this.#rooms.values()) room[Symbol.dispose]();
    await this.#teller[Symbol.asyncDispose]();
  }

  #room(id: SessionId): SessionRoom {
    const known = this.#rooms.get(id);
    if (known) return known;
    const { graceMs = GRACE_MS, idleMs = IDLE_MS, maxViewers = MAX_VIEWERS } = this.#spec;
    const room: SessionRoom = new SessionRoom({
      graceMs,
      idleMs,
      maxViewers,
      changed: () => {
        this.#teller.changed(id);
        this.#tidy(id, room);
      },
    });
    this.#rooms.set(id, room);
    return room;
  }

  #existing(id: SessionId, viewer: ViewerId): SessionRoom {
    const room = this.#rooms.get(id);
    if (!room) throw new BrowserVmError("VIEWER_NOT_FOUND", `nobody looks at session ${id}`, { id: viewer });
    return room;
  }

  #tidy(id: SessionId, room: SessionRoom): void {
    if (room.isEmpty && this.#rooms.get(id) === room) this.#rooms.delete(id);
  }
}

function sit(room: SessionRoom, seat: Seat, kind: ViewKind, connection: ViewConnection): () => void {
  room.sit(seat, kind, connection);
  return () => room.rise(seat, kind, connection);
}
