import type { VideoCodec } from "@browservm/contract/media/wire";
import { kindFor } from "./encoder-kinds.ts";
import type { EncoderRequest, MediaEngine, Screen, Sound, SoundPacket, VideoEncoder } from "./engine.ts";
import { GstEncoder } from "./gst-encoder.ts";
import { GstSound } from "./gst-sound.ts";
import { monotonicUs } from "./monotonic.ts";
import { hasElement } from "./native/pipeline.ts";
import { XScreen } from "./x11/x-screen.ts";

const CODECS: readonly VideoCodec[] = ["vp8", "h264"];

export interface SystemParts {
  /** The X server's socket. */
  readonly displaySocket: string;
  /** PulseAudio's socket. */
  readonly soundSocket: string;
}

/** This machine's own display, encoders and sound. */
export class SystemEngine implements MediaEngine {
  readonly codecs: readonly VideoCodec[];
  readonly hasAudio: boolean;
  readonly #parts: SystemParts;

  constructor(parts: SystemParts) {
    this.#parts = parts;
    this.codecs = CODECS.filter((codec) => kindFor(codec, hasElement));
    this.hasAudio = hasElement("pulsesrc") && hasElement("opusenc");
  }

  openScreen(): Promise<Screen> {
    return XScreen.open(this.#parts.displaySocket);
  }

  makeEncoder(request: EncoderRequest): VideoEncoder {
    const kind = kindFor(request.codec, hasElement);
    if (!kind) throw new Error(`nothing here encodes ${request.codec}`);
    return new GstEncoder(kind, request);
  }

  startSound(onPacket: (packet: SoundPacket) => void): Sound {
    return new GstSound(this.#parts.soundSocket, onPacket);
  }

  nowUs(): number {
    return monotonicUs();
  }
}
