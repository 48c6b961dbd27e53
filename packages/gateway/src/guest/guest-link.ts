import type { Duplex } from "node:stream";
import {
  type AudioFrame,
  encodeJson,
  GuestClock,
  MEDIA_KIND,
  MediaHello,
  type MediaMessage,
  MediaPong,
  MediaReader,
  type MediaSettings,
  MediaStatus,
  parseMediaMessage,
  sanitizeLine,
  type VideoFrame,
  withLength,
} from "@browservm/contract";
import { nowUs } from "../now-us.ts";
import { ByteBudget } from "./byte-budget.ts";

/** What a guest says. `message` is kind and body, as a viewer gets it over WebSocket. */
export interface GuestEvents {
  hello(hello: MediaHello): void;
  video(frame: VideoFrame, message: Uint8Array): void;
  audio(frame: AudioFrame, message: Uint8Array): void;
  status(status: MediaStatus): void;
  /** Once. `why` is for people. */
  ended(why: string): void;
}

const PING_MS = 1000;
/** Without a word for so long the guest is gone; it tells its status each second. */
const SILENCE_MS = 15_000;
/** A guest sends 20 Mbit/s at most when it obeys; one that does not is read as slowly as this. */
const BUDGET = { burst: 12 * 1024 * 1024, perSecond: 4 * 1024 * 1024 };
/** What handling one message costs, however small it is, in bytes of that budget. */
const MESSAGE_COST_BYTES = 1024;
const MAX_OUTSTANDING_PINGS = 8;
/** With more than this unsent the guest does not read; what we say again later is left out. */
const MAX_UNSENT_BYTES = 65_536;

/** One connection to a guest's media service. Everything that it says is parsed, bounded and cleaned here. */
export class GuestLink implements Disposable {
  readonly clock = new GuestClock();
  readonly #stream: Duplex;
  readonly #events: GuestEvents;
  readonly #reader = new MediaReader();
  readonly #budget = new ByteBudget(BUDGET, performance.now());
  readonly #pings = new Map<number, number>();
  readonly #timers: NodeJS.Timeout[];
  #throttle: NodeJS.Timeout | undefined;
  #pingId = 0;
  #heardAt = performance.now();
  #isOver = false;

  constructor(stream: Duplex, events: GuestEvents) {
    this.#stream = stream;
    this.#events = events;
    stream.on("data", (chunk: Buffer) => this.#hear(chunk));
    stream.on("error", () => this.#end("the connection to the guest broke"));
    stream.on("close", () => this.#end("the guest closed its media stream"));
    stream.on("end", () => this.#end("the guest closed its media stream"));
    this.#timers = [setInterval(() => this.#beat(), PING_MS)];
    this.#ping();
  }

  /** Since it last said anything. */
  get silentMs(): number {
    return performance.now() - this.#heardAt;
  }

  settings(settings: MediaSettings): void {
    this.#send(encodeJson(MEDIA_KIND.settings, settings));
  }

  keyFrame(): void {
    this.#send(encodeJson(MEDIA_KIND.keyFrame));
  }

  [Symbol.dispose](): void {
    this.#end("closed");
  }

  #hear(chunk: Buffer): void {
    this.#heardAt = performance.now();
    try {
      for (const message of this.#reader.push(chunk)) {
        if (this.#isOver) return;
        this.#take(message);
      }
    } catch (error) {
      this.#end(`the guest does not speak our protocol: ${error instanceof Error ? error.message : "?"}`);
    }
  }

  #take(message: Uint8Array): void {
    this.#charge(message.length + MESSAGE_COST_BYTES);
    const parsed = parseMediaMessage(message);
    if (!parsed) throw new Error(`a message of kind ${message[0]} cannot be read`);
    if (parsed.kind === "video") this.#events.video(parsed.frame, message);
    else if (parsed.kind === "audio") this.#events.audio(parsed.frame, message);
    else this.#takeJson(parsed);
  }

  #takeJson({ code, value }: Extract<MediaMessage, { kind: "json" }>): void {
    if (code === MEDIA_KIND.hello) this.#events.hello(MediaHello.parse(value));
    else if (code === MEDIA_KIND.status) this.#events.status(clean(MediaStatus.parse(value)));
    else if (code === MEDIA_KIND.pong) this.#pong(MediaPong.parse(value));
    else throw new Error(`kind ${code} is for guests only`);
  }

  #pong({ id, guestUs }: MediaPong): void {
    const sentUs = this.#pings.get(id);
    if (sentUs === undefined) return;
    this.#pings.delete(id);
    this.clock.add({ sentUs, receivedUs: nowUs(), guestUs });
  }

  /** Reads more slowly from a guest that sends too much: it has to wait, nobody else. */
  #charge(bytes: number): void {
    const waitMs = this.#budget.take(bytes, performance.now());
    if (waitMs === 0 || this.#throttle) return;
    this.#stream.pause();
    this.#throttle = setTimeout(() => {
      this.#throttle = undefined;
      this.#stream.resume();
    }, waitMs);
  }

  #beat(): void {
    const isSilent = performance.now() - this.#heardAt > SILENCE_MS && !this.#throttle;
    if (isSilent) this.#end("the guest says nothing any more");
    else this.#ping();
  }

  #ping(): void {
    if (this.#pings.size >= MAX_OUTSTANDING_PINGS) this.#pings.clear();
    this.#pingId += 1;
    this.#pings.set(this.#pingId, nowUs());
    this.#send(encodeJson(MEDIA_KIND.ping, { id: this.#pingId }));
  }

  #send(message: Uint8Array): void {
    if (this.#isOver || this.#stream.writableLength > MAX_UNSENT_BYTES) return;
    this.#stream.write(withLength(message));
  }

  #end(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#throttle);
    this.#stream.destroy();
    this.#events.ended(why);
  }
}

/** The guest's own words are shown to people. */
const clean = (status: MediaStatus): MediaStatus =>
  status.problem
    ? { ...status, problem: { ...status.problem, message: sanitizeLine(status.problem.message, 512) } }
    : status;
