import { type GatewayMessage, GuestClock, type MediaMessage, type ViewerMessage } from "@browservm/contract";
import { LiveSocket } from "./live-socket.ts";

/** Pings at the beginning, so that the clock is known when the first frame is painted. */
const FIRST_PINGS_MS = [0, 150, 400] as const;
/** A connection on which nothing comes for so long after a ping is of no use. */
const SILENCE_MS = 5000; // looked at every two seconds
/** After a change of the network a connection that still works answers within this. */
const PROBE_MS = 700;

export interface GatewayLinkSpec {
  readonly url: string;
  readonly onMessage: (message: GatewayMessage) => void;
  readonly onMedia: (message: MediaMessage) => void;
  readonly onLost: () => void;
}

/** The talk with the gateway: what is asked for is asked once, pings tell the guest's clock, silence is an end. */
export class GatewayLink {
  readonly #clock = new GuestClock();
  readonly #spec: GatewayLinkSpec;
  readonly #socket: LiveSocket;
  /** When the first ping was sent after which nothing has come yet: a tab that is asleep asks nothing, and misses nothing. */
  #pingedAt: number | null = null;
  #asked = "";
  #pingMs: number | null = null;
  #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(spec: GatewayLinkSpec) {
    this.#spec = spec;
    this.#socket = new LiveSocket({
      url: spec.url,
      onMessage: (message) => this.#hear(message),
      onMedia: (message) => {
        this.#pingedAt = null;
        spec.onMedia(message);
      },
      onLost: () => {
        this.#asked = "";
        spec.onLost();
      },
    });
  }

  /** There and back again, to the gateway. */
  get pingMs(): number | null {
    return this.#pingMs;
  }

  /** The guest's microseconds at one of our milliseconds; null while nothing is known of them. */
  guestUs(ms: number): number | null {
    return this.#clock.guestUs(ms * 1000);
  }

  send(message: ViewerMessage): void {
    this.#socket.send(message);
  }

  /** From where frames shall come; said only when it is something else. */
  ask(wish: Omit<Extract<ViewerMessage, { type: "rung/choose" }>, "type">): void {
    const asked = JSON.stringify(wish);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.send({ type: "rung/choose", ...wish });
  }

  /** Now and then: pings, and gives up a connection that has fallen silent. */
  beat(isConnected: boolean): void {
    if (!isConnected) return;
    if (this.#pingedAt !== null && performance.now() - this.#pingedAt > SILENCE_MS) this.#socket.renew();
    else this.#ping();
  }

  retryNow(): void {
    this.#socket.retryNow();
  }

  /** The network is another: a connection that does not answer soon is made anew at once. */
  networkChanged(): void {
    if (this.#socket.retryNow()) return;
    this.#pingedAt = null;
    this.#ping();
    const pingedAt = this.#pingedAt;
    this.#timers.push(
      setTimeout(() => {
        if (this.#pingedAt !== pingedAt) return;
        this.#socket.renew();
        this.#socket.retryNow();
      }, PROBE_MS),
    );
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#socket.close();
  }

  #ping(): void {
    const t = performance.now();
    this.#pingedAt ??= t;
    this.send({ type: "system/ping", t });
  }

  #hear(message: GatewayMessage): void {
    const now = performance.now();
    this.#pingedAt = null;
    if (message.type === "stream/hello") this.#greet();
    if (message.type === "system/pong") {
      this.#pingMs = now - message.t;
      if (message.guestUs !== null)
        this.#clock.add({ sentUs: message.t * 1000, receivedUs: now * 1000, guestUs: message.guestUs });
    }
    this.#spec.onMessage(message);
  }

  #greet(): void {
    this.#asked = "";
    this.#clock.forget();
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = FIRST_PINGS_MS.map((ms) => setTimeout(() => this.#ping(), ms));
  }
}
