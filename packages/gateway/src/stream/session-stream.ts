import type { Duplex } from "node:stream";
import type {
  AudioFrame,
  Config,
  GatewayMessage,
  MediaHello,
  MediaSettings,
  StreamReport,
  VideoCodec,
  VideoFrame,
  VmId,
} from "@browservm/contract";
import type { Logger } from "pino";
import { nowUs } from "../now-us.ts";
import type { Viewer } from "../viewer/viewer.ts";
import { Source } from "./source.ts";

/** What is known of one session's picture. */
export type PictureReport = Omit<StreamReport, "rtc">;

export interface SessionStreamSpec {
  readonly media: Config["media"];
  readonly open: (vm: VmId, signal: AbortSignal) => Promise<Duplex>;
  readonly log: Logger;
  /** After the last viewer with video, in milliseconds. */
  readonly lingerMs: number;
  /** The last viewer is gone. */
  readonly empty: () => void;
}

/** What somebody chose for all viewers. */
export interface Quality {
  readonly codec?: VideoCodec | undefined;
  /** Null: as the network allows. */
  readonly maxKbps?: number | null | undefined;
  readonly fps?: number | undefined;
}

const TICK_MS = 1000;
/** Between two rates that are told to the guest at least, in milliseconds: an encoder does not like to be told often. */
const RATE_MS = 250;
/** A rate that differs by less is not worth telling. */
const RATE_STEP = 0.05;

/** One session's picture and sound, and everybody who looks at it. Captures nothing while nobody does. */
export class SessionStream implements Disposable {
  readonly #spec: SessionStreamSpec;
  readonly #viewers = new Set<Viewer>();
  readonly #tick: NodeJS.Timeout;
  #vm: VmId;
  #source: Source | undefined;
  #farewell: NodeJS.Timeout | undefined;
  #quality: Quality = {};
  #rate: { kbps: number; at: number } | undefined;
  #bytes = { seen: 0, kbps: 0 };
  #isOver = false;

  constructor(spec: SessionStreamSpec, vm: VmId) {
    this.#spec = spec;
    this.#vm = vm;
    this.#tick = setInterval(() => this.#beat(), TICK_MS);
  }

  get viewers(): ReadonlySet<Viewer> {
    return this.#viewers;
  }

  /** The session's VM is another one than before, for instance after a new start. */
  moveTo(vm: VmId): void {
    if (vm === this.#vm) return;
    this.#vm = vm;
    if (!this.#source) return;
    this.#endSource();
    this.#settle();
  }

  add(viewer: Viewer): void {
    this.#viewers.add(viewer);
    viewer.tellState(this.#state());
  }

  remove(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer)) return;
    this.#settle();
    this.#source?.tellSettings();
    if (this.#viewers.size === 0) this.#spec.empty();
  }

  /** A viewer is on another rung, or wants sound, or its connection came about. */
  wishesChanged(viewer: Viewer): void {
    this.#settle();
    this.#source?.tellSettings();
    if (viewer.wantsKey) this.requestKeyFrame();
    viewer.tellState(this.#state());
  }

  /** A viewer's way carries less than before. */
  rateChanged(): void {
    this.#source?.tellSettings();
  }

  setQuality(quality: Quality): void {
    this.#quality = { ...this.#quality, ...quality };
    this.#rate = undefined;
    this.#source?.tellSettings();
    this.#tellState();
  }

  /** Of the picture; undefined while that is not known. */
  get size(): { width: number; height: number } | undefined {
    return this.#source?.frame;
  }

  requestKeyFrame(): void {
    this.#source?.requestKeyFrame();
  }

  /** What the guest's clock shows now, in microseconds; null while that is not known. */
  guestUs(): number | null {
    const at = this.#source?.clock?.guestUs(nowUs());
    return at === undefined || at === null || at < 0 ? null : at;
  }

  report(): PictureReport {
    return {
      source: this.#source ? this.#sourceReport(this.#source) : null,
      viewers: [...this.#viewers].map((viewer) => viewer.report()),
    };
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearInterval(this.#tick);
    this.#endSource();
  }

  /** Begins when somebody wants video, and ends some seconds after nobody does. */
  #settle(): void {
    if (this.#isOver) return; // its viewers leave only when their connections have closed
    const isWanted = [...this.#viewers].some(({ wantsVideo }) => wantsVideo);
    if (isWanted) {
      clearTimeout(this.#farewell);
      this.#farewell = undefined;
      this.#source ??= this.#begin();
    } else if (this.#source && !this.#farewell) {
      this.#farewell = setTimeout(() => this.#sayFarewell(), this.#spec.lingerMs);
    }
  }

  /** A guest without a picture costs nothing: who fell to VNC for that is told when there is one, and why there is none. */
  #sayFarewell(): void {
    if (this.#isMissed) this.#farewell = setTimeout(() => this.#sayFarewell(), this.#spec.lingerMs);
    else this.#endSource();
  }

  get #isMissed(): boolean {
    return this.#source?.state === "failed" && [...this.#viewers].some(({ missesVideo }) => missesVideo);
  }

  /** What nobody waits for is not connected again: when a session ends, its viewers leave before its guest. */
  #sourceChanged(): void {
    if (this.#source?.isLost && this.#farewell && !this.#isMissed) this.#endSource();
    this.#tellState();
  }

  #begin(): Source {
    const vm = this.#vm;
    return new Source({
      open: (signal) => this.#spec.open(vm, signal),
      settings: (hello) => this.#settings(hello),
      video: (frame, message) => this.#video(frame, message),
      audio: (frame, message) => this.#audio(frame, message),
      changed: () => this.#sourceChanged(),
      log: this.#spec.log.child({ vmId: vm }),
    });
  }

  #endSource(): void {
    clearTimeout(this.#farewell);
    this.#farewell = undefined;
    this.#source?.[Symbol.dispose]();
    this.#source = undefined;
    this.#rate = undefined;
    this.#bytes = { seen: 0, kbps: 0 };
  }

  #video(frame: VideoFrame, message: Uint8Array): void {
    for (const viewer of this.#viewers) viewer.video(frame, message);
  }

  #audio(frame: AudioFrame, message: Uint8Array): void {
    for (const viewer of this.#viewers) viewer.audio(frame, message);
  }

  #settings(hello: MediaHello): MediaSettings {
    const audio =
      hello.hasAudio && [...this.#viewers].some(({ wantsAudio, wantsVideo }) => wantsAudio && wantsVideo);
    return { codec: this.#codec(hello), kbps: this.#nextKbps(), fps: this.#fps, audio };
  }

  /** What was asked for, where the guest has it. */
  #codec(hello: MediaHello | undefined): VideoCodec {
    const wanted = this.#quality.codec ?? this.#spec.media.codec;
    return !hello || hello.codecs.includes(wanted) ? wanted : (hello.codecs[0] ?? wanted);
  }

  get #fps(): number {
    return Math.min(this.#quality.fps ?? this.#spec.media.fps, this.#spec.media.fps);
  }

  get #mostKbps(): number {
    return Math.min(this.#quality.maxKbps ?? this.#spec.media.maxKbps, this.#spec.media.maxKbps);
  }

  /** What all ways can carry. */
  get #carriedKbps(): number {
    const ways = [...this.#viewers].filter(({ wantsVideo }) => wantsVideo);
    return Math.min(this.#mostKbps, ...ways.map(({ estimator }) => estimator.kbps));
  }

  /** What the guest is told to make. */
  get #targetKbps(): number {
    return this.#rate?.kbps ?? this.#carriedKbps;
  }

  /** The next rate to tell; steady while it changes by little. */
  #nextKbps(): number {
    const kbps = this.#carriedKbps;
    const now = performance.now();
    const before = this.#rate;
    if (before && (now - before.at < RATE_MS || Math.abs(kbps / before.kbps - 1) < RATE_STEP))
      return before.kbps;
    this.#rate = { kbps, at: now };
    return kbps;
  }

  #beat(): void {
    const source = this.#source;
    if (!source) return;
    const now = performance.now();
    this.#bytes = { seen: source.videoBytes, kbps: ((source.videoBytes - this.#bytes.seen) * 8) / TICK_MS };
    for (const viewer of this.#viewers) {
      viewer.estimator.grow(this.#mostKbps, now);
      if (viewer.wantsKey) source.requestKeyFrame();
      viewer.tellNews(this.#numbers(source, viewer));
    }
    source.tellSettings();
  }

  #tellState(): void {
    const state = this.#state();
    for (const viewer of this.#viewers) viewer.tellState(state);
  }

  #state(): GatewayMessage {
    const source = this.#source;
    const { status, hello, frame } = source ?? {};
    return {
      type: "stream/state",
      state: source?.state ?? "starting",
      codecs: hello?.codecs ?? [],
      codec: this.#codec(hello),
      width: frame?.width ?? status?.width ?? 0,
      height: frame?.height ?? status?.height ?? 0,
      fps: this.#fps,
      targetKbps: this.#targetKbps,
      maxKbps: this.#quality.maxKbps ?? null,
      hasAudio: hello?.hasAudio ?? false,
      problem: source?.problem ?? null,
    };
  }

  #numbers(source: Source, viewer: Viewer): GatewayMessage {
    const { captured, unchanged, encoded, encodeMs, kbps, guestRttMs } = this.#sourceReport(source);
    const { sent, dropped } = viewer;
    const viewers = [...this.#viewers].filter(({ wantsVideo }) => wantsVideo).length;
    const numbers = { captured, unchanged, encoded, sent, dropped, encodeMs, kbps, guestRttMs, viewers };
    return { type: "stream/stats", numbers };
  }

  #sourceReport(source: Source): NonNullable<StreamReport["source"]> {
    const { status, hello, frame } = source;
    return {
      state: source.state,
      codec: frame?.codec ?? this.#codec(hello),
      width: frame?.width ?? status?.width ?? 0,
      height: frame?.height ?? status?.height ?? 0,
      fps: this.#fps,
      targetKbps: this.#targetKbps,
      kbps: Math.round(this.#bytes.kbps),
      captured: status?.captured ?? 0,
      unchanged: status?.unchanged ?? 0,
      encoded: status?.encoded ?? 0,
      encodeMs: Math.min((status?.encodeUs ?? 0) / 1000, 3_600_000),
      guestRttMs: source.clock?.rttMs ?? null,
      codecs: hello?.codecs ?? [],
      ...source.ages(),
      problem: source.problem,
    };
  }
}
