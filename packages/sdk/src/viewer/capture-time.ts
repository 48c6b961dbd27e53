/** Ticks of a picture's RTP time in a millisecond (RFC 7741, RFC 6184: 90 kHz); they wrap at 2^32. */
const TICKS_PER_MS = 90;
const WRAP = 2 ** 32;
/** Beyond that a time is of no clock that we know. */
const MAX_LATENCY_MS = 60_000;

export interface CaptureQuestion {
  readonly frame: Pick<VideoFrameCallbackMetadata, "rtpTimestamp" | "expectedDisplayTime">;
  /** What the guest's clock shows at one of our milliseconds. */
  readonly guestUs: (ms: number) => number | null;
}

/**
 * From the read screen to the painted frame, in milliseconds: the gateway makes a frame's RTP time of the guest's clock
 * at its capture. Null where browser or clock do not tell.
 */
export function captureLatency({ frame, guestUs }: CaptureQuestion): number | null {
  const { rtpTimestamp, expectedDisplayTime } = frame;
  const shownUs = guestUs(expectedDisplayTime);
  if (rtpTimestamp === undefined || shownUs === null) return null;
  const ticks = (shownUs / 1000) * TICKS_PER_MS - rtpTimestamp;
  const ms = (((ticks % WRAP) + WRAP) % WRAP) / TICKS_PER_MS;
  return ms <= MAX_LATENCY_MS ? ms : null;
}
