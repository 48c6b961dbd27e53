import { CLOSE_CODES } from "@browservm/contract";
import type { WebSocket } from "ws";

/** How a bridge ended: a close code and, where there is one, a code of the error table. */
export interface BridgeEnd {
  readonly code: number;
  readonly reason: string;
  /** Who said what could not be read, and what was wrong with it: for the log. */
  readonly brokenBy?: "viewer" | "guest";
  readonly err?: unknown;
}

export interface WatchSpec {
  readonly ws: WebSocket;
  /** Asked at once and at each heartbeat; the bridge ends when it says no. */
  readonly isAllowed: () => Promise<boolean>;
  readonly heartbeatMs?: number;
}

const HEARTBEAT_MS = 20_000;
/** So many unanswered pings, then the viewer is gone. */
const MAX_SILENT_BEATS = 3;

/** Looks after one viewer's WebSocket until it is disposed: whether somebody is there, and whether they still may be. */
export class ViewerWatch implements Disposable {
  readonly #spec: WatchSpec;
  readonly #end: (end: BridgeEnd) => void;
  readonly #timer: NodeJS.Timeout;
  #silentBeats = 0;

  constructor(spec: WatchSpec, end: (end: BridgeEnd) => void) {
    this.#spec = spec;
    this.#end = end;
    spec.ws.on("pong", () => {
      this.#silentBeats = 0;
    });
    this.#timer = setInterval(() => this.#beat(), spec.heartbeatMs ?? HEARTBEAT_MS);
    // They may have been revoked while the connection was made.
    this.#askAgain();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const { ws } = this.#spec;
    // While we make the viewer wait, we do not read its pongs either.
    if (!ws.isPaused) this.#silentBeats += 1;
    if (this.#silentBeats > MAX_SILENT_BEATS) {
      this.#end({ code: CLOSE_CODES.unresponsive, reason: "" });
      return;
    }
    ws.ping();
    this.#askAgain();
  }

  #askAgain(): void {
    this.#spec.isAllowed().then(
      (isGood) => isGood || this.#end({ code: CLOSE_CODES.credentialsExpired, reason: "UNAUTHENTICATED" }),
      () => {}, // the database is away for a moment: the next beat asks again
    );
  }
}
