import type { RtcTransport } from "@browservm/contract";
import type { z } from "zod";
import type { VideoRung } from "./ladder.ts";

export interface PaintedFrame {
  /** From the read screen to the painted frame; null where it cannot be known. */
  readonly latencyMs: number | null;
}

/** What a way tells. None of it comes after `stop`. */
export interface WayEvents {
  /** Frames can come from now on. */
  readonly onConnected: () => void;
  readonly onFrame: (frame: PaintedFrame) => void;
  /** It does not go on. The words end a sentence that begins with what is used instead. */
  readonly onFailed: (why: string) => void;
}

/** Counts are since the way was started. */
export interface WayStats {
  readonly transport: z.infer<typeof RtcTransport> | null;
  readonly received: number;
  readonly decoded: number;
  readonly painted: number;
  readonly dropped: number;
  /** Of picture and sound. */
  readonly bytes: number;
  /** Of packets, 0 to 1. */
  readonly loss: number;
  readonly rttMs: number | null;
  readonly jitterBufferMs: number | null;
}

/** One way by which encoded pictures come and are painted on an element of its own. */
export interface VideoWay {
  readonly rung: VideoRung;
  /** Canvas or video. */
  readonly element: HTMLCanvasElement | HTMLVideoElement;
  readonly isConnected: boolean;
  start(): void;
  /** Final. */
  stop(): void;
  setSound(isOn: boolean): void;
  stats(): Promise<WayStats>;
}
