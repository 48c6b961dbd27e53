import type { MediaProblem, MediaSettings } from "@browservm/contract/media/guest-messages";
import type { VideoFrame } from "@browservm/contract/media/wire";
import type { MediaEngine, Picture, Screen, Size, VideoEncoder } from "./engine.ts";
import { PaintOver } from "./paint-over.ts";
import { ReadPace } from "./read-pace.ts";
import { Wake } from "./wake.ts";

const RETRY_US = 1_000_000;
/** How much the newest frame counts in the typical time of one. */
const NEWEST_PART = 0.2;

export interface VideoLoopParts {
  readonly engine: MediaEngine;
  /** The newest. */
  settings(): MediaSettings;
  /** Where frames go. While it has no room the screen is not read, so nothing that was encoded is ever lost. */
  readonly outlet: { hasRoom(): boolean; send(frame: VideoFrame): void };
}

type Encoding = { readonly encoder: VideoEncoder; readonly settings: MediaSettings; kbps: number } & Size;

/** Reads the screen when something was drawn, at most as often as is wanted, and sends it encoded. */
export class VideoLoop {
  readonly counts = { captured: 0, unchanged: 0, encoded: 0, dropped: 0, encodeUs: 0 };
  size: Size = { width: 0, height: 0 };
  problem: MediaProblem | null = null;
  readonly #parts: VideoLoopParts;
  readonly #wake = new Wake();
  readonly #paintOver = new PaintOver();
  readonly #pace = new ReadPace();
  #encoding: Encoding | undefined;
  #isDirty = true;
  #isKeyWanted = true;
  #isClosed = false;
  #sequence = 0;

  constructor(parts: VideoLoopParts) {
    this.#parts = parts;
  }

  /** Settles after `close`, when nothing of it is left. */
  async run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#follow(await this.#parts.engine.openScreen());
      } catch (error) {
        this.#fail("NO_DISPLAY", error);
      }
      this.size = { width: 0, height: 0 };
      await this.#pause();
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#wake.call();
  }

  wantKey(): void {
    this.#isKeyWanted = true;
    this.#wake.call();
  }

  /** Settings or the outlet have changed. */
  lookAgain(): void {
    this.#wake.call();
  }

  async #follow(screen: Screen): Promise<void> {
    let isGone = false;
    this.#isDirty = true;
    this.#isKeyWanted = true;
    screen.onDamage(() => {
      this.#isDirty = true;
      this.#pace.drawn(this.#parts.engine.nowUs());
      this.#wake.call();
    });
    void screen.closed.then(() => {
      isGone = true;
      this.#wake.call();
    });
    try {
      while (!this.#isClosed && !isGone) await this.#step(screen);
    } finally {
      await this.#dropEncoder(); // it may still read the screen's memory
      screen.close();
    }
    if (isGone && !this.#isClosed) throw new Error("the display ended");
  }

  /** One picture, or one wait for what is missing for it. */
  async #step(screen: Screen): Promise<void> {
    const { engine, settings, outlet } = this.#parts;
    const { codec, fps } = settings();
    if (!engine.codecs.includes(codec)) {
      this.problem = { code: "NO_ENCODER", message: `this image encodes no ${codec}` };
      return this.#wake.wait();
    }
    if (this.problem?.code === "NO_ENCODER") this.problem = null;
    const nowUs = engine.nowUs();
    const isDue = this.#paintOver.isDue(nowUs);
    if (!this.#isDirty && !this.#isKeyWanted && !isDue && codec === (this.#encoding?.settings.codec ?? codec))
      return this.#wake.wait(this.#paintOver.waitMs(nowUs));
    if (!outlet.hasRoom()) return this.#wake.wait();
    const intervalUs = 1_000_000 / fps;
    const waitUs = this.#pace.waitUs(nowUs, intervalUs);
    if (waitUs > 0) {
      if (this.#isDirty && this.#pace.asks(nowUs, intervalUs)) screen.tellNext();
      return this.#wake.wait(Math.ceil(waitUs / 1000));
    }
    this.#pace.read(nowUs, intervalUs);
    await this.#capture(screen, isDue);
  }

  async #capture(screen: Screen, isPaintOver: boolean): Promise<void> {
    this.#isDirty = false;
    const picture = await screen.grab();
    this.counts.captured += 1;
    const isOther = picture.isNew || !this.#fits(picture) || this.#isKeyWanted;
    if (!isOther && !isPaintOver) {
      this.counts.unchanged += 1;
      return;
    }
    try {
      const bytes = await this.#encode(picture);
      if (isOther) this.#paintOver.changed(picture.capturedUs, bytes, this.#parts.settings().kbps);
      else this.#paintOver.done();
      this.problem = null;
    } catch (error) {
      this.#fail("ENCODER_FAILED", error);
      await this.#dropEncoder();
      this.#isKeyWanted = true;
      await this.#pause();
    }
  }

  /** Answers the frame's length. */
  async #encode(picture: Picture): Promise<number> {
    const { encoder, settings } = await this.#encoderFor(picture);
    const isKeyWanted = this.#isKeyWanted;
    this.#isKeyWanted = false;
    const { data, isKey } = await encoder.encode(picture, { isKeyWanted });
    const encodedAfterUs = Math.max(0, this.#parts.engine.nowUs() - picture.capturedUs);
    this.#count(encodedAfterUs);
    const { width, height, capturedUs } = picture;
    this.size = { width, height };
    const sequence = this.#sequence;
    this.#sequence = (this.#sequence + 1) >>> 0;
    const { codec } = settings;
    if (!this.#isClosed)
      this.#parts.outlet.send({ codec, isKey, width, height, sequence, capturedUs, encodedAfterUs, data });
    return data.length;
  }

  async #encoderFor(picture: Picture): Promise<Encoding> {
    const settings = this.#parts.settings();
    const { codec, kbps, fps } = settings;
    if (!this.#encoding || !this.#fits(picture)) {
      await this.#dropEncoder();
      const { width, height } = picture;
      const encoder = this.#parts.engine.makeEncoder({ codec, kbps, fps, width, height });
      this.#encoding = { encoder, settings, kbps, width, height };
    } else if (this.#encoding.kbps !== kbps) {
      this.#encoding.encoder.setKbps(kbps);
      this.#encoding.kbps = kbps;
    }
    return this.#encoding;
  }

  /** Whether the encoder that runs is the one for this picture. Some share out the bitrate by the rate they began with. */
  #fits({ width, height }: Size): boolean {
    if (!this.#encoding) return false;
    const { settings: begun, ...size } = this.#encoding;
    const { codec, fps } = this.#parts.settings();
    return size.width === width && size.height === height && begun.codec === codec && begun.fps === fps;
  }

  async #dropEncoder(): Promise<void> {
    const encoding = this.#encoding;
    this.#encoding = undefined;
    await encoding?.encoder.close();
  }

  /** Before what failed is tried again; only the end cuts it short. */
  async #pause(): Promise<void> {
    const { engine } = this.#parts;
    const endUs = engine.nowUs() + RETRY_US;
    while (!this.#isClosed && engine.nowUs() < endUs)
      await this.#wake.wait(Math.ceil((endUs - engine.nowUs()) / 1000));
  }

  #count(encodedAfterUs: number): void {
    const { counts } = this;
    const before = counts.encoded === 0 ? encodedAfterUs : counts.encodeUs;
    counts.encodeUs = Math.round(before + NEWEST_PART * (encodedAfterUs - before));
    counts.encoded += 1;
  }

  #fail(code: MediaProblem["code"], error: unknown): void {
    this.problem = { code, message: (error as Error).message.slice(0, 512) };
  }
}
