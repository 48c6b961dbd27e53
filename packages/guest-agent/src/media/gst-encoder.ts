import { bitrateOf, type EncoderKind, pipelineOf } from "./encoder-kinds.ts";
import type { EncodedPicture, EncoderRequest, Picture, VideoEncoder } from "./engine.ts";
import { Pipeline } from "./native/pipeline.ts";

/** Emulated, one large key frame takes seconds. */
const ENCODE_MS = 30_000;
/** A pause on the screen counts as no more pictures than this, or the encoder would spend all that it saved at once. */
const MAX_GAP_PICTURES = 4n;

/** A GStreamer pipeline that encodes the pictures of one size. */
export class GstEncoder implements VideoEncoder {
  readonly #pipeline: Pipeline;
  readonly #kind: EncoderKind;
  readonly #intervalNs: bigint;
  #ptsNs = 0n;
  #lastUs = 0;

  constructor(kind: EncoderKind, request: EncoderRequest) {
    this.#kind = kind;
    this.#intervalNs = 1_000_000_000n / BigInt(request.fps);
    this.#pipeline = Pipeline.start(pipelineOf(kind, request));
  }

  async encode(picture: Picture, { isKeyWanted }: { isKeyWanted: boolean }): Promise<EncodedPicture> {
    if (isKeyWanted) this.#pipeline.forceKey();
    const { address, bytes } = picture.pixels;
    this.#pipeline.push(address, bytes, {
      ptsNs: this.#nextPts(picture.capturedUs),
      durationNs: this.#intervalNs,
    });
    const packet = await this.#pipeline.pull(ENCODE_MS);
    if (!packet) throw new Error(this.#pipeline.error() ?? `${this.#kind.element} gave no picture`);
    return { isKey: !packet.isDelta, data: packet.data };
  }

  setKbps(kbps: number): void {
    this.#pipeline.set("encoder", this.#kind.bitrateProperty, bitrateOf(this.#kind, kbps));
  }

  close(): Promise<void> {
    return this.#pipeline.close();
  }

  #nextPts(capturedUs: number): bigint {
    const gapNs = BigInt(capturedUs - this.#lastUs) * 1000n;
    const most = MAX_GAP_PICTURES * this.#intervalNs;
    if (this.#lastUs > 0) this.#ptsNs += gapNs < 1000n ? 1000n : gapNs > most ? most : gapNs;
    this.#lastUs = capturedUs;
    return this.#ptsNs;
  }
}
