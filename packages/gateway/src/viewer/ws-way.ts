import type { AudioFrame, VideoFrame } from "@browservm/contract";
import type { WebSocket } from "ws";
import { FrameGate } from "../stream/frame-gate.ts";
import type { VideoWay, WayEvents } from "./video-way.ts";

/** So many pictures wait for a slow viewer at most; then all are dropped until the next key frame. */
const MAX_WAITING_FRAMES = 2;
/** 20 ms each. */
const MAX_WAITING_SOUNDS = 25;

/** Frames over the viewer's WebSocket, as the guest made them. */
export class WsWay implements VideoWay {
  readonly transport = null;
  readonly codecs = null;
  readonly #ws: WebSocket;
  readonly #events: WayEvents;
  readonly #gate = new FrameGate();
  #frames = 0;
  #sounds = 0;
  #isClosed = false;
  #takenAt = 0;
  sent = 0;
  dropped = 0;

  constructor(ws: WebSocket, events: WayEvents) {
    this.#ws = ws;
    this.#events = events;
  }

  get stuckMs(): number {
    return this.#frames > 0 ? performance.now() - this.#takenAt : 0;
  }

  get wantsKey(): boolean {
    return this.#gate.needsKey && this.#hasRoom;
  }

  video(frame: VideoFrame, message: Uint8Array): void {
    const hasRoom = this.#hasRoom;
    if (!hasRoom) this.#events.full();
    if (!this.#gate.admit(frame, hasRoom)) {
      this.dropped += 1;
      if (hasRoom) this.#events.needsKey();
      return;
    }
    this.sent += 1;
    if (this.#frames === 0) this.#takenAt = performance.now();
    this.#frames += 1;
    this.#ws.send(message, { binary: true }, () => this.#taken());
  }

  audio(_frame: AudioFrame, message: Uint8Array): void {
    if (this.#sounds >= MAX_WAITING_SOUNDS) return;
    this.#sounds += 1;
    this.#ws.send(message, { binary: true }, () => {
      this.#sounds -= 1;
    });
  }

  close(): void {
    this.#isClosed = true;
  }

  get #hasRoom(): boolean {
    return this.#frames < MAX_WAITING_FRAMES;
  }

  /** One picture less waits. A key frame is asked for only when none does: it is the largest. */
  #taken(): void {
    this.#frames -= 1;
    this.#takenAt = performance.now();
    if (this.#frames === 0 && this.#gate.needsKey && !this.#isClosed) this.#events.needsKey();
  }
}
