import { type GatewayMessage, ViewerMessage } from "@browservm/contract";
import type { WebSocket } from "ws";
import { ByteBudget } from "../guest/byte-budget.ts";

/** A viewer that lets so much wait reads nothing at all: more than the longest frames that may wait, in bytes. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** With more than this waiting, what is told again soon is left out. */
const MAX_NEWS_BYTES = 256 * 1024;
const BUDGET = { burst: 512 * 1024, perSecond: 128 * 1024 };
/** What handling one message costs, however small it is, in bytes of that budget. */
const MESSAGE_COST_BYTES = 1024;
const OFFER_COST_BYTES = 64 * 1024;

export interface ViewerSocketEvents {
  message(message: ViewerMessage): void;
  /** It was no message of ours. */
  junk(): void;
  closed(): void;
}

/** The text messages of one viewer's WebSocket: parsed, as often as it may, and answered within bounds. */
export class ViewerSocket {
  readonly #ws: WebSocket;
  readonly #events: ViewerSocketEvents;
  readonly #budget = new ByteBudget(BUDGET, performance.now());

  constructor(ws: WebSocket, events: ViewerSocketEvents) {
    this.#ws = ws;
    this.#events = events;
    ws.on("message", (data: Buffer, isBinary) => this.#hear(data, isBinary));
    ws.on("error", () => ws.terminate());
    ws.on("close", () => events.closed());
  }

  tell(message: GatewayMessage): void {
    if (this.#ws.bufferedAmount > MAX_WAITING_BYTES) this.#ws.terminate();
    else this.#ws.send(JSON.stringify(message), { binary: false }, () => {});
  }

  /** A message about the viewer, for the controller. */
  pass(message: Buffer): void {
    if (this.#ws.bufferedAmount <= MAX_NEWS_BYTES) this.#ws.send(message, { binary: true }, () => {});
  }

  /** Nothing is lost when it is left out: the next says the same and more. Answers whether it was said. */
  tellNews(message: GatewayMessage): boolean {
    const hasRoom = this.#ws.bufferedAmount <= MAX_NEWS_BYTES;
    if (hasRoom) this.tell(message);
    return hasRoom;
  }

  #hear(data: Buffer, isBinary: boolean): void {
    const message = isBinary ? undefined : parse(data);
    const cost = message?.type === "signal/offer" ? OFFER_COST_BYTES : MESSAGE_COST_BYTES;
    this.#charge(data.length + cost);
    if (message) this.#events.message(message);
    else this.#events.junk();
  }

  /** Reads more slowly from a viewer that says too much. */
  #charge(bytes: number): void {
    const waitMs = this.#budget.take(bytes, performance.now());
    if (waitMs === 0 || this.#ws.isPaused) return;
    this.#ws.pause();
    setTimeout(() => this.#ws.resume(), waitMs).unref();
  }
}

function parse(data: Buffer): ViewerMessage | undefined {
  try {
    return ViewerMessage.safeParse(JSON.parse(data.toString("utf8"))).data;
  } catch {
    return undefined; // it is the viewer's, and may be anything
  }
}
