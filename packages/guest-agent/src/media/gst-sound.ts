import type { Sound, SoundPacket } from "./engine.ts";
import { type Packet, Pipeline } from "./native/pipeline.ts";

/** How often a silent source is asked whether it has failed. */
const PULL_MS = 1000;
/** Opus says "nothing to be heard" in so few bytes (RFC 6716, section 3.1: the table of contents, and no frame). */
const SILENT_BYTES = 3;
const KBPS = 96;

/** The sound of the guest's one output, as Opus packets of 20 ms. */
export class GstSound implements Sound {
  readonly ended: Promise<string | undefined>;
  readonly #pipeline: Pipeline;
  #isClosed = false;

  constructor(socket: string, onPacket: (packet: SoundPacket) => void) {
    this.#pipeline = Pipeline.start(soundPipeline(socket));
    this.ended = this.#run(onPacket);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pipeline.close();
  }

  async #run(onPacket: (packet: SoundPacket) => void): Promise<string | undefined> {
    while (!this.#isClosed) {
      const begun = performance.now();
      const packet = await this.#pipeline.pull(PULL_MS);
      if (this.#isClosed) break;
      if (packet) onPacket(soundPacket(packet));
      else {
        // Silence makes no packets; a source that has ended says so at once.
        const hasEnded = performance.now() - begun < PULL_MS / 2;
        const error = this.#pipeline.error() ?? (hasEnded ? "the sound server ended it" : undefined);
        if (error) return error;
      }
    }
    return undefined;
  }
}

const soundPacket = ({ data, clockUs }: Packet): SoundPacket => ({
  data,
  capturedUs: clockUs,
  isSilent: data.length <= SILENT_BYTES,
});

const soundPipeline = (socket: string): string =>
  [
    // Its stamps are then of the machine's clock, as those of the pictures.
    `pulsesrc server=unix:${socket} device=@DEFAULT_MONITOR@ provide-clock=false buffer-time=100000 latency-time=20000`,
    "audioconvert",
    "audioresample",
    "audio/x-raw,format=S16LE,rate=48000,channels=2",
    `opusenc frame-size=20 dtx=true bitrate=${KBPS * 1000} bitrate-type=constrained-vbr`,
    "appsink name=sink sync=false max-buffers=10 drop=true",
  ].join(" ! ");
