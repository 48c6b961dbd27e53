import type { ErrorCode, Viewer, ViewerId, ViewLinkId } from "@browservm/contract";

/** Who a viewer is. */
export interface Person {
  readonly id: ViewerId;
  readonly name: string;
  readonly via: Viewer["via"];
  readonly linkId: ViewLinkId | null;
  readonly canControl: boolean;
  /** Names the credentials that it came with. */
  readonly scope: string;
}

/** What of a viewer's was left out, and why. */
export interface Refusal {
  readonly what: "input" | "clipboard";
  readonly code: ErrorCode;
  readonly why: string;
}

/** An open view, as far as its seat needs it. */
export interface ViewConnection {
  end(closeCode: number): void;
  /** The control is gone: keys and buttons that this viewer holds down are let go. */
  letGo(): void;
  /** Input of this viewer that came by another way. */
  copy?(bytes: Buffer): void;
  /** Says that something of this viewer's was left out. */
  refuse?(refusal: Refusal): void;
}

/** What a viewer has open at one time, one of each: the display with its input, and picture and sound from the gateway. */
export type ViewKind = "vnc" | "live";

/** One viewer's place in a session: also for some seconds after its connection is gone. */
export class Seat {
  readonly person: Person;
  readonly connections = new Map<ViewKind, ViewConnection>();
  /** When it first was there; null while it is still on its way. */
  since: string | null = null;
  asksSince: string | null = null;
  /** When its connection went away, in milliseconds. */
  leftAt: number | null = null;
  /** Connections that are on their way. */
  arriving = 0;
  /** It was sent away: what is still on its way is closed at once. */
  isRemoved = false;
  /** Forgets the seat when nobody comes back to it. */
  farewell: NodeJS.Timeout | undefined;

  constructor(person: Person) {
    this.person = person;
  }

  get isHere(): boolean {
    return this.connections.size > 0;
  }

  end(closeCode: number): void {
    for (const connection of [...this.connections.values()]) connection.end(closeCode);
  }

  copy(bytes: Buffer): void {
    for (const connection of this.connections.values()) connection.copy?.(bytes);
  }

  refuse(refusal: Refusal): void {
    for (const connection of this.connections.values()) connection.refuse?.(refusal);
  }

  letGo(): void {
    for (const connection of this.connections.values()) connection.letGo();
  }
}
