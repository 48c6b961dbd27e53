import { type VideoFrame as EncodedFrame, VideoCodec } from "@browservm/contract";
import { codecString } from "./codec-string.ts";

/** More waiting frames than that mean that this machine cannot keep up. */
const MAX_QUEUE = 12;
const ASK_AGAIN_MS = 500;
/** What guests encode, and neither VP8 nor H.264 says in the stream; browsers guess otherwise (ITU-T H.273). */
const COLOUR: VideoColorSpaceInit = {
  matrix: "smpte170m",
  primaries: "bt709",
  transfer: "iec61966-2-1",
  fullRange: false,
};

export interface FrameDecoderSpec {
  readonly onFrame: (frame: VideoFrame) => void;
  /** It can only go on with a frame that needs none before it. */
  readonly onNeedsKey: () => void;
  readonly onFailed: (why: string) => void;
}

/** Decodes the frames of one stream; begins, and after a gap goes on, at a key frame. */
export class FrameDecoder {
  readonly #spec: FrameDecoderSpec;
  #decoder: VideoDecoder | null = null;
  #config = "";
  #next: number | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  decoded = 0;
  dropped = 0;

  constructor(spec: FrameDecoderSpec) {
    this.#spec = spec;
  }

  push(frame: EncodedFrame): void {
    const isNext = frame.sequence === this.#next;
    const isBehind = (this.#decoder?.decodeQueueSize ?? 0) > MAX_QUEUE;
    if (!frame.isKey && (!isNext || isBehind)) this.#skip();
    else if (!frame.isKey || this.#configure(frame)) this.#decode(frame);
  }

  close(): void {
    if (this.#decoder && this.#decoder.state !== "closed") this.#decoder.close();
    this.#decoder = null;
  }

  #decode(frame: EncodedFrame): void {
    this.#next = (frame.sequence + 1) >>> 0;
    const { data, capturedUs, isKey } = frame;
    const chunk = new EncodedVideoChunk({ type: isKey ? "key" : "delta", timestamp: capturedUs, data });
    try {
      this.#decoder?.decode(chunk);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Waits for a key frame, and asks for one, but not for each frame that is lost. */
  #skip(): void {
    this.#next = null;
    this.dropped += 1;
    const now = performance.now();
    if (now - this.#askedAt < ASK_AGAIN_MS) return;
    this.#askedAt = now;
    this.#spec.onNeedsKey();
  }

  #configure(frame: EncodedFrame): boolean {
    const codec = codecString(frame.codec, frame.data);
    if (codec === undefined) {
      this.#fail("a key frame has no SPS");
      return false;
    }
    if (this.#decoder && codec === this.#config) return true;
    this.close();
    this.#config = codec;
    this.#decoder = new VideoDecoder({
      output: (decoded) => {
        this.decoded += 1;
        this.#spec.onFrame(decoded);
      },
      error: (error) => this.#fail(error),
    });
    this.#decoder.configure({ codec, colorSpace: COLOUR, optimizeForLatency: true });
    return true;
  }

  #fail(error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    this.#spec.onFailed(`this browser could not decode the video (${words})`);
  }
}

/** What this browser can decode of what guests encode; undefined without WebCodecs. */
export async function decodable(): Promise<VideoCodec[] | undefined> {
  if (!("VideoDecoder" in globalThis)) return undefined;
  const known = await Promise.all(
    VideoCodec.options.map(async (codec) => [codec, await canDecode(codec)] as const),
  );
  return known.flatMap(([codec, isKnown]) => (isKnown ? [codec] : []));
}

/** Whether this browser can decode a codec at all. */
export async function canDecode(codec: EncodedFrame["codec"]): Promise<boolean> {
  const name = codec === "vp8" ? "vp8" : "avc1.42e01f";
  try {
    return (
      (await VideoDecoder.isConfigSupported({ codec: name, optimizeForLatency: true })).supported === true
    );
  } catch {
    return false; // a name that it has never heard of
  }
}
