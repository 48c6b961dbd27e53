import type { Duplex } from "node:stream";
import { CLOSE_CODES } from "@browservm/contract";
import { type BridgeEnd, ViewerWatch, type WatchSpec } from "./viewer-watch.ts";

export interface BridgeSpec extends WatchSpec {
  /** The guest's side. The bridge destroys it. */
  readonly guest: Duplex;
  /** What of the viewer's bytes passes; without it, all. A throw ends the bridge. */
  readonly filter?: ((chunk: Buffer) => Buffer) | undefined;
  /** The same for the guest's bytes. */
  readonly fromGuest?: ((chunk: Buffer) => Buffer) | undefined;
}

/** With more than this unsent we stop reading from the guest, in bytes. */
const HIGH_WATER_BYTES = 1_048_576;
const CLOSE_GRACE_MS = 2000;
const UNREADABLE = {
  viewer: { code: CLOSE_CODES.protocolError, reason: "BAD_REQUEST" },
  guest: { code: CLOSE_CODES.streamLost, reason: "DISPLAY_UNREADABLE" },
} as const;

/** Joins a WebSocket with a guest's byte stream: each side waits for the other, and either's end ends both. */
export class SocketBridge {
  readonly #spec: BridgeSpec;
  readonly #ended = Promise.withResolvers<BridgeEnd>();
  #isOver = false;

  constructor(spec: BridgeSpec) {
    this.#spec = spec;
    this.#fromViewer();
    this.#fromGuest();
    const watch = new ViewerWatch(spec, ({ code, reason }) => this.end(code, reason));
    void this.ended.then(() => watch[Symbol.dispose]());
  }

  /** Settles once. */
  get ended(): Promise<BridgeEnd> {
    return this.#ended.promise;
  }

  /** Bytes of our own for the guest, beside what its viewer sends. */
  toGuest(bytes: Buffer): void {
    if (!this.#isOver && bytes.length > 0) this.#spec.guest.write(bytes);
  }

  /** The guest has yet to take what it got. Its viewer waits then; what need not come is left out. */
  get isBehind(): boolean {
    return this.#spec.guest.writableNeedDrain;
  }

  end(code: number, reason: string): void {
    this.#end({ code, reason });
  }

  #end(end: BridgeEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { ws, guest } = this.#spec;
    guest.destroy();
    ws.close(end.code, end.reason);
    // A viewer that does not answer the close frame is cut off.
    setTimeout(() => ws.terminate(), CLOSE_GRACE_MS).unref();
    this.#ended.resolve(end);
  }

  #fromViewer(): void {
    const { ws, guest, filter } = this.#spec;
    ws.on("message", (data: Buffer) => {
      if (this.#isOver) return;
      const passing = this.#filtered("viewer", data, filter);
      if (passing && passing.length > 0 && !guest.write(passing)) {
        ws.pause();
        guest.once("drain", () => ws.resume());
      }
    });
    ws.on("error", () => this.end(CLOSE_CODES.streamLost, ""));
    ws.on("close", () => this.end(CLOSE_CODES.streamLost, ""));
  }

  /** Undefined: it could not be read, and all is over. */
  #filtered(from: "viewer" | "guest", data: Buffer, filter: BridgeSpec["filter"]): Buffer | undefined {
    try {
      return filter ? filter(data) : data;
    } catch (err) {
      // What was wrong is of no use to the viewer.
      this.#end({ ...UNREADABLE[from], brokenBy: from, err });
      return undefined;
    }
  }

  #fromGuest(): void {
    const { ws, guest, fromGuest } = this.#spec;
    guest.on("data", (chunk: Buffer) => {
      if (this.#isOver) return;
      const passing = this.#filtered("guest", chunk, fromGuest);
      if (!passing || passing.length === 0) return;
      ws.send(passing, { binary: true }, () => {
        if (ws.bufferedAmount <= HIGH_WATER_BYTES && guest.isPaused()) guest.resume();
      });
      if (ws.bufferedAmount > HIGH_WATER_BYTES) guest.pause();
    });
    guest.on("error", () => this.end(CLOSE_CODES.streamLost, "STREAM_REFUSED"));
    guest.on("close", () => this.end(CLOSE_CODES.streamLost, "STREAM_REFUSED"));
    guest.on("end", () => this.end(CLOSE_CODES.streamLost, "STREAM_REFUSED"));
  }
}
