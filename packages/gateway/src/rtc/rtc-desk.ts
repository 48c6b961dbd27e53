import type { ViewerStream } from "@browservm/contract";
import type { Feedback } from "../congestion/rate-estimator.ts";
import type { VideoWay, WayEvents } from "../viewer/video-way.ts";

export type RtcTransportName = NonNullable<ViewerStream["transport"]>;

export interface RtcEvents extends WayEvents {
  readonly answer: (sdp: string) => void;
  readonly refused: (why: string) => void;
  readonly feedback: (feedback: Feedback) => void;
  /** How fast this viewer's way is thought to be. */
  readonly kbps: () => number;
  /** A signed check of ICE came by this. */
  readonly checked: (transport: RtcTransportName) => void;
  /** Packets come through now, or no more. */
  readonly changed: () => void;
  /** A message of a data channel, as it came. */
  readonly input: (bytes: Buffer) => void;
}

/** A way that a viewer's offer begins. */
export interface RtcWay extends VideoWay {
  accept(offer: string): void;
}

/** Makes connections of WebRTC. */
export interface RtcDesk extends AsyncDisposable {
  /** UDP and TCP. */
  readonly port: number;
  connect(events: RtcEvents): RtcWay;
}
