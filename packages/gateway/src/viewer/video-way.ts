import type { AudioFrame, VideoCodec, VideoFrame, ViewerStream } from "@browservm/contract";

/** How frames go to one viewer. Bounded, however slowly it takes them. */
export interface VideoWay {
  readonly transport: ViewerStream["transport"];
  /** What both sides have agreed on; null: nothing was said of it. */
  readonly codecs: readonly VideoCodec[] | null;
  /** For how long nothing was taken although pictures wait, in milliseconds. */
  readonly stuckMs: number;
  /** A picture could be sent now, but only a key frame would be understood. */
  readonly wantsKey: boolean;
  /** Pictures, since the way began. */
  readonly sent: number;
  readonly dropped: number;
  video(frame: VideoFrame, message: Uint8Array): void;
  audio(frame: AudioFrame, message: Uint8Array): void;
  close(): void;
}

/** What a way tells the viewer's side of the gateway. */
export interface WayEvents {
  /** It wants a key frame now. */
  readonly needsKey: () => void;
  /** It could not take a picture, for those before it still wait. */
  readonly full: () => void;
}
