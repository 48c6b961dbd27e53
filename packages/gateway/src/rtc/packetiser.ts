import type { AudioFrame, VideoFrame } from "@browservm/contract";
import { h264Payloads } from "./h264-payloads.ts";
import type { MediaPacket } from "./rtc-peer.ts";
import { vp8Payloads } from "./vp8-payloads.ts";

/** All viewers get the same payloads; they live as long as the frame. */
const known = new WeakMap<VideoFrame, readonly Buffer[]>();

function payloadsOf(frame: VideoFrame): readonly Buffer[] {
  const before = known.get(frame);
  if (before) return before;
  const payloads = frame.codec === "vp8" ? vp8Payloads(frame.data, frame.sequence) : h264Payloads(frame.data);
  known.set(frame, payloads);
  return payloads;
}

const VIDEO_KHZ = 90;
const AUDIO_KHZ = 48;
const SAMPLES = 960;
/** More than this between what the clock says and what the count says is a gap, not jitter. */
const GAP_SAMPLES = 120 * AUDIO_KHZ;

/** Numbers the packets of one connection. Timestamps are the guest's clock, in the codec's units, so that a viewer can tell how old a picture is. */
export class Packetiser {
  #videoSequence = 0;
  #audioSequence = 0;
  #sound: { sequence: number; samples: number } | undefined;

  video(frame: VideoFrame): MediaPacket[] {
    const payloads = payloadsOf(frame);
    const timestamp = wrapped((frame.capturedUs * VIDEO_KHZ) / 1000);
    return payloads.map((payload, index) => ({
      payload,
      isLast: index === payloads.length - 1,
      sequence: this.#nextVideo(),
      timestamp,
    }));
  }

  audio({ sequence, capturedUs, data }: AudioFrame): MediaPacket {
    const byClock = (capturedUs * AUDIO_KHZ) / 1000;
    const before = this.#sound;
    const byCount = before ? before.samples + SAMPLES * ((sequence - before.sequence) | 0) : byClock;
    const samples = Math.abs(byClock - byCount) > GAP_SAMPLES ? byClock : byCount;
    this.#sound = { sequence, samples };
    this.#audioSequence = (this.#audioSequence + 1) & 0xffff;
    const payload = Buffer.from(data.buffer, data.byteOffset, data.length);
    return {
      payload,
      isLast: before === undefined,
      sequence: this.#audioSequence,
      timestamp: wrapped(samples),
    };
  }

  #nextVideo(): number {
    this.#videoSequence = (this.#videoSequence + 1) & 0xffff;
    return this.#videoSequence;
  }
}

/** To 32 bits. */
const wrapped = (value: number): number => Math.floor(value) % 2 ** 32;
