import { ABS_CAPTURE_TIME } from "@browservm/contract";
import type { GuestClock } from "./guest-clock.ts";

/** What Chromium has of the WebRTC extensions, and TypeScript's DOM does not. */
interface ExtensibleTransceiver {
  getHeaderExtensionsToNegotiate?(): { readonly uri: string; readonly direction: string }[];
  setHeaderExtensionsToNegotiate?(extensions: readonly { uri: string; direction: string }[]): void;
}
type TimedSource = RTCRtpSynchronizationSource & { readonly captureTimestamp?: number };

/** Beyond that a time is of no clock that we know. */
const MAX_LATENCY_MS = 60_000;

/** Offers that frames bring the time when they were captured. Browsers without it go on without. */
export function offerCaptureTime(transceiver: RTCRtpTransceiver): void {
  const extensible = transceiver as ExtensibleTransceiver;
  const known = extensible.getHeaderExtensionsToNegotiate?.();
  if (!known || !extensible.setHeaderExtensionsToNegotiate) return;
  extensible.setHeaderExtensionsToNegotiate(
    known.map((one) => (one.uri === ABS_CAPTURE_TIME ? { ...one, direction: "sendrecv" } : one)),
  );
}

export interface CaptureQuestion {
  readonly sources: readonly TimedSource[];
  readonly frame: Pick<VideoFrameCallbackMetadata, "rtpTimestamp" | "expectedDisplayTime">;
  readonly clock: Pick<GuestClock, "at">;
}

/** From the read screen to the painted frame, in milliseconds; null where the frame's own time did not come with it. */
export function captureLatency({ sources, frame, clock }: CaptureQuestion): number | null {
  const { captureTimestamp } = sources.find(({ rtpTimestamp }) => rtpTimestamp === frame.rtpTimestamp) ?? {};
  const guestUs = clock.at(frame.expectedDisplayTime);
  if (captureTimestamp === undefined || guestUs === null) return null;
  const ms = guestUs / 1000 - captureTimestamp;
  return ms >= 0 && ms <= MAX_LATENCY_MS ? ms : null;
}
