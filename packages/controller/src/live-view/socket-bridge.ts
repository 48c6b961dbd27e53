import type { Duplex } from "node:stream";
import { CLOSE_CODES } from "@browservm/contract";
import type { WebSocket } from "ws";

/** How a bridge ended: a close code and, where there is one, a code of the error table. */
export interface BridgeEnd {
  readonly code: number;
  readonly reason: string;
}

export interface BridgeSpec {
  readonly ws: WebSocket;
  /** The guest's side. The bridge destroys it. */
  readonly guest: Duplex;
  /** What of the viewer's bytes passes; without it, all. A throw ends the bridge. */
  readonly filter?: ((chunk: Buffer) => Buffer) | undefined;
  /** Asked at once and at each heartbeat; the bridge ends when it says no. */
  readonly isAllowed: () => Promise<boolean>;
  readonly heartbeatMs?: number;
}

const HEARTBEAT_MS = 20_000;
/** So many unanswered pings, then the viewer is gone. */
const MAX_SILENT_BEATS = 3;
/** With more than this unsent we stop reading from the guest, in bytes. */
const HIGH_WATER_BYTES = 1_048_576;
const CLOSE_GRACE_MS = 2000;

/** Joins a WebSocket with a guest's byte stream: each side waits for the other, and either's end ends both. */
export class SocketBridge {
  readonly #spec: BridgeSpec;
  readonly #ended = Promise.withResolvers<BridgeEnd>();
  #silentBeats = 0;
  #isOver = false;

  constructor(spec: BridgeSpec) {
    this.#spec = spec;
    this.#fromViewer();
    this.#fromGuest();
    this.#beat();
    // They may have been revoked while the connection was made.
    this.#askAgain();
  }

  /** Settles once. */
  get ended(): Promise<BridgeEnd> {
    return this.#ended.promise;
  }

  /** Bytes of our own for the guest, beside what its viewer sends. */
  toGuest(bytes: Buffer): void {
    if (!this.#isOver && bytes.length > 0) this.#spec.guest.write(bytes);
  }

  end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { ws, guest } = this.#spec;
    guest.destroy();
    ws.close(code, reason);
    // A viewer that does not answer the close frame is cut off.
    setTimeout(() => ws.terminate(), CLOSE_GRACE_MS).unref();
    this.#ended.resolve({ code, reason });
  }

  #fromViewer(): void {
    const { ws, guest, filter } = this.#spec;
    ws.on("message", (data: Buffer) => {
      if (this.#isOver) return;
      let passing: Buffer;
      try {
        passing = filter ? filter(data) : data;
      } catch {
        // What was wrong is of no use to who sent it.
        return this.end(CLOSE_CODES.protocolError, "BAD_REQUEST");
      }
      if (passing.length > 0 && !guest.write(passing)) {
        ws.pause();
        guest.once("drain", () => ws.resume());
      }
    });
    ws.on("error", () => this.end(CLOSE_CODES.streamLost, ""));
    ws.on("close", () => this.end(CLOSE_CODES.streamLost, ""));
  }

  #fromGuest(): void {
    const { ws, guest } = this.#spec;
    guest.on("data", (chunk: Buffer) => {
      ws.send(chunk, { binary: true }, () => {
        if (ws.bufferedAmount <= HIGH_WATER_BYTES && guest.isPaused()) guest.resume();
      });
      if (ws.bufferedAmount > HIGH_WATER_BYTES) guest.pause();
    });
    guest.on("error", () => this.end(CLOSE_CODES.streamLost, "STREAM_REFUSED"));
    guest.on("close", () => this.end(CLOSE_CODES.streamLost, "STREAM_REFUSED"));
    guest.on("end", () => this.end(CLOSE_CODES.streamLost, "STREAM_REFUSED"));
  }

  #beat(): void {
    const { ws, heartbeatMs = HEARTBEAT_MS } = this.#spec;
    ws.on("pong", () => {
      this.#silentBeats = 0;
    });
    const timer = setInterval(() => {
      // While we make the viewer wait, we do not read its pongs either.
      if (!ws.isPaused) this.#silentBeats += 1;
      if (this.#silentBeats > MAX_SILENT_BEATS) return this.end(CLOSE_CODES.unresponsive, "");
      ws.ping();
      this.#askAgain();
    }, heartbeatMs);
    void this.ended.then(() => clearInterval(timer));
  }

  #askAgain(): void {
    this.#spec.isAllowed().then(
      (isGood) => isGood || this.end(CLOSE_CODES.credentialsExpired, "UNAUTHENTICATED"),
      () => {}, // the database is away for a moment: the next beat asks again
    );
  }
}
