import {
  CLOSE_CODES,
  GatewayMessage,
  type MediaMessage,
  parseMediaMessage,
  type ViewerMessage,
} from "@browservm/contract";

const WAITS_MS = [1000, 2000, 5000, 10_000, 30_000] as const;
/** Until the gateway's first word: a connection that opens and says nothing is of no use either. */
const OPEN_LIMIT_MS = 10_000;
/** A connection that held for so long begins its waits anew when it breaks. */
const STABLE_MS = 10_000;

/** Who was told so does not fight for its place, nor come to what is over: it comes again when it is asked to. */
const GONE: ReadonlySet<number> = new Set([
  CLOSE_CODES.sessionEnded,
  CLOSE_CODES.credentialsExpired,
  CLOSE_CODES.removed,
  CLOSE_CODES.replaced,
]);

export interface LiveSocketSpec {
  readonly url: string;
  readonly onMessage: (message: GatewayMessage) => void;
  readonly onMedia: (message: MediaMessage) => void;
  /** The connection broke. It is made again by itself. */
  readonly onLost: () => void;
}

/** The connection to the media gateway of one session: made again whenever it breaks, until it is closed. */
export class LiveSocket {
  readonly #spec: LiveSocketSpec;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #openedAt = 0;
  #isClosed = false;

  constructor(spec: LiveSocketSpec) {
    this.#spec = spec;
    this.#connect();
  }

  /** Says it if there is a connection; what is lost with one is said anew after its `stream/hello`. */
  send(message: ViewerMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** The connection is of no use any more, whatever it says of itself. */
  renew(): void {
    if (this.#socket) this.#lost(false);
  }

  /** Connects now, unless it is connected or just connects; answers whether it does. */
  retryNow(): boolean {
    if (this.#isClosed || this.#socket) return false;
    clearTimeout(this.#timer);
    this.#attempt = 0;
    this.#connect();
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #connect(): void {
    const socket = new WebSocket(this.#spec.url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    this.#timer = setTimeout(() => this.#lost(false), OPEN_LIMIT_MS);
    socket.onopen = () => {
      this.#openedAt = performance.now();
    };
    socket.onmessage = ({ data }) => {
      clearTimeout(this.#timer);
      this.#hear(data);
    };
    socket.onclose = ({ code }) => this.#lost(GONE.has(code));
  }

  #hear(data: unknown): void {
    if (typeof data === "string") {
      const message = GatewayMessage.safeParse(parsed(data)).data;
      if (message) this.#spec.onMessage(message);
      return;
    }
    const message = data instanceof ArrayBuffer ? parseMediaMessage(new Uint8Array(data)) : undefined;
    if (message) this.#spec.onMedia(message);
  }

  #lost(isGone: boolean): void {
    const held = this.#openedAt > 0 && performance.now() - this.#openedAt >= STABLE_MS;
    this.#drop();
    this.#attempt = held ? 1 : this.#attempt + 1;
    const wait = WAITS_MS[Math.min(this.#attempt, WAITS_MS.length) - 1] ?? WAITS_MS[0];
    if (!isGone) this.#timer = setTimeout(() => this.#connect(), wait);
    this.#spec.onLost();
  }

  #drop(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#openedAt = 0;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a newer gateway may say what we do not know
  }
}
