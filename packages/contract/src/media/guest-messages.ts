import * as z from "zod"; // as a namespace: the guest's bundle then leaves out what it does not use
import { VideoCodec } from "./wire.ts";

/** The first message of the guest. */
export const MediaHello = z.object({
  version: z.literal(1),
  /** What this guest can encode, the best first. */
  codecs: z.array(VideoCodec).max(4),
  hasAudio: z.boolean(),
});
export type MediaHello = z.infer<typeof MediaHello>;

/** How the picture is encoded from now on; the newest counts. */
export const MediaSettings = z.strictObject({
  codec: VideoCodec,
  /** Of the picture, in kilobits per second. */
  kbps: z.int().min(100).max(20_000),
  fps: z.int().min(1).max(60),
  /** Without it no sound is captured. */
  audio: z.boolean(),
});
export type MediaSettings = z.infer<typeof MediaSettings>;

/** Why the guest has no picture or sound to send. */
export const MediaProblem = z.object({
  code: z.enum(["NO_DISPLAY", "NO_ENCODER", "ENCODER_FAILED", "NO_SOUND"]),
  message: z.string().max(512),
});
export type MediaProblem = z.infer<typeof MediaProblem>;

const Count = z.int().nonnegative();

/** What the guest tells every second. Counts are since the stream began. */
export const MediaStatus = z.object({
  /** Times that the screen was read. */
  captured: Count,
  /** Of these, how often nothing had changed, so that nothing was encoded. */
  unchanged: Count,
  encoded: Count,
  /** Encoded but not sent, because newer ones were there. */
  dropped: Count,
  /** Typical time of one frame from the read screen to the encoded picture, in microseconds. */
  encodeUs: Count,
  width: z.int().min(0).max(16_384),
  height: z.int().min(0).max(16_384),
  settings: MediaSettings,
  /** Sound that is not silence, in packets. */
  audioPackets: Count,
  problem: MediaProblem.nullable(),
});
export type MediaStatus = z.infer<typeof MediaStatus>;

export const MediaPing = z.object({ id: z.int().nonnegative() });
/** `guestUs`: the guest's monotonic clock, that of `capturedUs`, when it answered. */
export const MediaPong = z.object({ id: z.int().nonnegative(), guestUs: z.number().nonnegative() });
export type MediaPong = z.infer<typeof MediaPong>;
