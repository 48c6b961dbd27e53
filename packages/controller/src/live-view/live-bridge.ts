import { CLOSE_CODES, type GatewayMessage, VIEWER_INPUT } from "@browservm/contract";
import type { WebSocket } from "ws";
import type { Refusal } from "./seat.ts";
import { type BridgeEnd, ViewerWatch, type WatchSpec } from "./viewer-watch.ts";

export interface LiveBridgeSpec extends WatchSpec {
  /** The gateway's side, paused. The bridge closes it. */
  readonly gateway: WebSocket;
  /** Where the viewer's input goes that the gateway passes on. */
  readonly input?: {
    readonly hasControl: () => boolean;
    readonly take: (bytes: Buffer) => void;
  };
}

/**
 * With more than this unsent to the viewer we stop reading from the gateway, which then drops pictures: what waits here
 * is old when it arrives. In bytes.
 */
const TO_VIEWER_BYTES = 64 * 1024;
const TO_GATEWAY_BYTES = 256 * 1024;
const CLOSE_GRACE_MS = 2000;
const GATEWAY_GONE = "GATEWAY_UNREACHABLE";
/** Between two words about input that was refused, in milliseconds. */
const TELL_MS = 1000;
/** RFC 6455: a message was too big. Of the gateway's reasons to close only this one is the viewer's fault. */
const TOO_BIG = 1009;

/** Joins a viewer's WebSocket with one to the gateway, message by message: each side waits for the other, and either's end ends both. */
export class LiveBridge {
  readonly #spec: LiveBridgeSpec;
  readonly #ended = Promise.withResolvers<BridgeEnd>();
  #isOver = false;
  readonly #toldAt = new Map<string, number>();

  constructor(spec: LiveBridgeSpec) {
    this.#spec = spec;
    const { ws, gateway } = spec;
    pass(ws, gateway, TO_GATEWAY_BYTES);
    pass(gateway, ws, TO_VIEWER_BYTES, (data) => this.#takeInput(data));
    for (const event of ["error", "close"]) ws.on(event, () => this.end(CLOSE_CODES.streamLost, ""));
    gateway.on("error", () => this.end(CLOSE_CODES.streamLost, GATEWAY_GONE));
    gateway.on("close", (code) =>
      code === TOO_BIG
        ? this.end(CLOSE_CODES.protocolError, "")
        : this.end(CLOSE_CODES.streamLost, GATEWAY_GONE),
    );
    const watch = new ViewerWatch(spec, ({ code, reason }) => this.end(code, reason));
    void this.ended.then(() => watch[Symbol.dispose]());
    gateway.resume();
  }

  /** Settles once. */
  get ended(): Promise<BridgeEnd> {
    return this.#ended.promise;
  }

  end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { ws, gateway } = this.#spec;
    gateway.terminate();
    ws.close(code, reason);
    // A viewer that does not answer the close frame is cut off.
    setTimeout(() => ws.terminate(), CLOSE_GRACE_MS).unref();
    this.#ended.resolve({ code, reason });
  }

  /** Says to the viewer what of its input was left out; of each kind now and then. */
  refuse({ what, code, why }: Refusal): void {
    const now = performance.now();
    if (this.#isOver || now - (this.#toldAt.get(code) ?? Number.NEGATIVE_INFINITY) < TELL_MS) return;
    this.#toldAt.set(code, now);
    const refused: GatewayMessage = { type: "system/refused", what, code, message: why };
    this.#spec.ws.send(JSON.stringify(refused), { binary: false }, () => {});
  }

  #takeInput(data: Buffer): boolean {
    if (data[0] !== VIEWER_INPUT) return false;
    const { input } = this.#spec;
    if (this.#isOver || !input) return true;
    if (input.hasControl()) input.take(data.subarray(1));
    else this.refuse({ what: "input", code: "CONTROL_REFUSED", why: "somebody else has the control" });
    return true;
  }
}

/** `takes` answers whether a binary message went elsewhere. */
function pass(
  from: WebSocket,
  to: WebSocket,
  mostBytes: number,
  takes: (data: Buffer) => boolean = () => false,
): void {
  from.on("message", (data: Buffer, isBinary) => {
    if (isBinary && takes(data)) return;
    if (to.readyState !== to.OPEN) return;
    to.send(data, { binary: isBinary }, () => {
      if (from.isPaused && to.bufferedAmount <= mostBytes) from.resume();
    });
    if (to.bufferedAmount > mostBytes) from.pause();
  });
}
