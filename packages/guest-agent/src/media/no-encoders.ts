import type { VideoCodec } from "@browservm/contract/media/wire";
import type { MediaEngine, Screen, Sound, VideoEncoder } from "./engine.ts";
import { monotonicUs } from "./monotonic.ts";

/** An engine where nothing can be encoded: its streams say so. */
export class NoEncoders implements MediaEngine {
  readonly codecs: readonly VideoCodec[] = [];
  readonly hasAudio = false;

  async openScreen(): Promise<Screen> {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    return { closed, close, onDamage: () => {}, tellNext: () => {}, grab: refuse };
  }

  makeEncoder(): VideoEncoder {
    return refuse();
  }

  startSound(): Sound {
    return refuse();
  }

  nowUs(): number {
    return monotonicUs();
  }
}

function refuse(): never {
  throw new Error("this image has no encoders");
}
