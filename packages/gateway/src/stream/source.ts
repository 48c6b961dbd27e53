import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AudioFrame,
  type ErrorCode,
  type GuestClock,
  isBrowserVmError,
  type MediaHello,
  type MediaProblem,
  type MediaSettings,
  type MediaStatus,
  type StreamReport,
  sanitizeLine,
  type VideoFrame,
} from "@browservm/contract";
import type { Logger } from "pino";
import { GuestLink } from "../guest/guest-link.ts";
import { KeyFrameAsker } from "./key-frame-asker.ts";

type State = NonNullable<StreamReport["source"]>["state"];
export interface Problem {
  readonly code: string;
  readonly message: string;
}

export interface SourceSpec {
  /** Opens the guest's media stream. */
  readonly open: (signal: AbortSignal) => Promise<Duplex>;
  /** What the guest is to do, once it said what it can. */
  readonly settings: (hello: MediaHello) => MediaSettings;
  readonly video: (frame: VideoFrame, message: Uint8Array) => void;
  readonly audio: (frame: AudioFrame, message: Uint8Array) => void;
  /** State, problem or the guest's numbers are others now. */
  readonly changed: () => void;
  readonly log: Logger;
}

const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 5000;
const MAX_WHY_CHARS = 300;
/** For so long it is remembered that the guest was lost, in milliseconds; and so often at most. */
const REMEMBERED_MS = 60_000;
const MAX_LOSSES = 100;
const NO_DISPLAY = "NO_DISPLAY" satisfies MediaProblem["code"];
/** The guest has ended: no other ever has its id. */
const GONE: ErrorCode = "VM_NOT_FOUND";

/** One guest's picture and sound, from when it is wanted until it is disposed. Comes back by itself when the guest goes away. */
export class Source implements Disposable {
  readonly #spec: SourceSpec;
  readonly #over = new AbortController();
  readonly #keyFrames = new KeyFrameAsker(() => this.#link?.keyFrame());
  #link: GuestLink | undefined;
  #lost: Problem | undefined;
  readonly #wantedAt = performance.now();
  /** When the guest was lost after it had begun. */
  #losses: number[] = [];
  /** When the guest said that its display was lost. */
  #displayLosses: number[] = [];
  #told = "";
  hello: MediaHello | undefined;
  status: MediaStatus | undefined;
  /** The newest picture, without its bytes. */
  frame: Omit<VideoFrame, "data"> | undefined;
  /** Of pictures since it began. */
  videoBytes = 0;

  constructor(spec: SourceSpec) {
    this.#spec = spec;
    void this.#live();
  }

  get state(): State {
    if (this.#lost) return "failed";
    if (!this.hello) return "starting";
    return this.problem ? "failed" : "running";
  }

  /** There is no connection to the guest, after one or a try. */
  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** Why there is no picture. */
  get problem(): Problem | null {
    const told = this.status?.problem;
    return this.#lost ?? (told && told.code !== "NO_SOUND" ? told : null);
  }

  get clock(): GuestClock | undefined {
    return this.#link?.clock;
  }

  /** What the doctor asks of time. */
  ages(): Pick<NonNullable<StreamReport["source"]>, "wantedMs" | "silentMs" | "losses" | "displayLosses"> {
    const now = performance.now();
    const inTheLastMinute = (times: readonly number[]) =>
      times.filter((at) => now - at < REMEMBERED_MS).length;
    return {
      wantedMs: Math.round(now - this.#wantedAt),
      silentMs: this.#link ? Math.round(this.#link.silentMs) : null,
      losses: inTheLastMinute(this.#losses),
      displayLosses: inTheLastMinute(this.#displayLosses),
    };
  }

  /** Tells the guest how to encode, where that is news. */
  tellSettings(): void {
    if (!this.#link || !this.hello) return;
    const settings = this.#spec.settings(this.hello);
    const words = JSON.stringify(settings);
    if (words === this.#told) return;
    this.#told = words;
    this.#link.settings(settings);
  }

  requestKeyFrame(): void {
    if (this.hello) this.#keyFrames.request();
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    this.#keyFrames[Symbol.dispose]();
    this.#link?.[Symbol.dispose]();
  }

  async #live(): Promise<void> {
    const { signal } = this.#over;
    for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, MAX_WAIT_MS)) {
      if (await this.#once(signal)) waitMs = FIRST_WAIT_MS;
      if (this.#lost?.code === GONE) return;
      await sleep(waitMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** One connection, from its opening to its end. Answers whether the guest said hello. */
  async #once(signal: AbortSignal): Promise<boolean> {
    try {
      const stream = await this.#spec.open(signal);
      if (signal.aborted) stream.destroy();
      else await this.#hear(stream);
    } catch (error) {
      const code = isBrowserVmError(error) ? error.code : "INTERNAL";
      this.#lose(code, error instanceof Error ? error.message : "the media stream could not be opened");
    }
    const hadHello = this.hello !== undefined;
    if (hadHello) this.#losses = withNow(this.#losses);
    this.hello = undefined;
    this.status = undefined;
    this.#told = "";
    return hadHello;
  }

  #hear(stream: Duplex): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#link = new GuestLink(stream, {
      hello: (hello) => this.#greet(hello),
      video: (frame, message) => this.#video(frame, message),
      audio: this.#spec.audio,
      status: (status) => this.#hearStatus(status),
      ended: (why) => {
        this.#link = undefined;
        this.#lose("STREAM_REFUSED", why);
        resolve();
      },
    });
    return promise;
  }

  #greet(hello: MediaHello): void {
    this.hello = hello;
    this.#lost = undefined;
    this.#spec.log.info(
      { codecs: hello.codecs, hasAudio: hello.hasAudio },
      "the guest's media stream is open",
    );
    this.tellSettings();
    this.#keyFrames.request();
    this.#spec.changed();
  }

  #hearStatus(status: MediaStatus): void {
    const wasGone = this.status?.problem?.code === NO_DISPLAY;
    if (!wasGone && status.problem?.code === NO_DISPLAY) this.#displayLosses = withNow(this.#displayLosses);
    this.status = status;
    this.#spec.changed();
  }

  #video(frame: VideoFrame, message: Uint8Array): void {
    if (!this.hello) return;
    const { data, ...rest } = frame;
    const isAsBefore =
      this.frame?.codec === rest.codec &&
      this.frame.width === rest.width &&
      this.frame.height === rest.height;
    this.frame = rest;
    this.videoBytes += data.length;
    if (frame.isKey) this.#keyFrames.arrived();
    this.#spec.video(frame, message);
    if (!isAsBefore) this.#spec.changed();
  }

  #lose(code: string, why: string): void {
    if (this.#over.signal.aborted) return;
    const lost = { code, message: sanitizeLine(why, MAX_WHY_CHARS) };
    const isNews = lost.code !== this.#lost?.code || lost.message !== this.#lost.message;
    this.#lost = lost;
    this.#spec.changed();
    if (!isNews) return;
    if (code === GONE || this.#over.signal.aborted)
      this.#spec.log.info(lost, "the guest's media stream is over");
    else this.#spec.log.warn(lost, "the guest's media stream is away");
  }
}

const withNow = (times: readonly number[]): number[] => [...times, performance.now()].slice(-MAX_LOSSES);
