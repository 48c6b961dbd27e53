import type { MediaMessage, ViewerMessage } from "@browservm/contract";
import { FrameDecoder } from "./frame-decoder.ts";
import { SoundPlayer } from "./sound-player.ts";
import type { VideoWay, WayEvents, WayStats } from "./video-way.ts";

export interface WebSocketWaySpec extends WayEvents {
  readonly send: (message: ViewerMessage) => void;
  /** What the guest's clock shows at one of our milliseconds. */
  readonly guestUs: (ms: number) => number | null;
}

/** Frames over the gateway's WebSocket, decoded by WebCodecs and drawn on a canvas. */
export class WebSocketWay implements VideoWay {
  readonly rung = "websocket";
  readonly element = document.createElement("canvas");
  readonly isConnected = true;
  readonly #spec: WebSocketWaySpec;
  readonly #decoder: FrameDecoder;
  readonly #brush = this.element.getContext("2d", { alpha: false });
  #sound: SoundPlayer | null = null;
  #newest: VideoFrame | null = null;
  #nextPaint = 0;
  #received = 0;
  #painted = 0;
  #overtaken = 0;
  #bytes = 0;
  #isStopped = false;

  constructor(spec: WebSocketWaySpec) {
    this.#spec = spec;
    this.#decoder = new FrameDecoder({
      onFrame: (frame) => this.#show(frame),
      onNeedsKey: () => spec.send({ type: "video/key-frame" }),
      onFailed: (why) => {
        if (!this.#isStopped) spec.onFailed(why);
      },
    });
  }

  start(): void {
    this.#spec.onConnected();
  }

  /** A frame or a packet of sound that the gateway sent. */
  take(message: MediaMessage): void {
    if (this.#isStopped || message.kind === "json") return;
    this.#bytes += message.frame.data.length;
    if (message.kind === "audio") this.#sound?.push(message.frame);
    else {
      this.#received += 1;
      this.#decoder.push(message.frame);
    }
  }

  setSound(isOn: boolean): void {
    if (isOn === (this.#sound !== null) || this.#isStopped) return;
    this.#sound?.close();
    this.#sound = isOn && "AudioDecoder" in globalThis ? new SoundPlayer() : null;
  }

  stop(): void {
    this.setSound(false);
    this.#isStopped = true;
    cancelAnimationFrame(this.#nextPaint);
    this.#decoder.close();
    this.#newest?.close();
    this.#newest = null;
    this.element.remove();
  }

  async stats(): Promise<WayStats> {
    return {
      transport: null,
      received: this.#received,
      decoded: this.#decoder.decoded,
      painted: this.#painted,
      dropped: this.#decoder.dropped + this.#overtaken,
      bytes: this.#bytes,
      // TCP loses nothing that we could see
      loss: 0,
      rttMs: null,
      jitterBufferMs: null,
    };
  }

  /** Only the newest is painted when the screen is next drawn: there a canvas shows at the same moment in any case. */
  #show(frame: VideoFrame): void {
    if (this.#isStopped) {
      frame.close();
      return;
    }
    if (this.#newest) {
      this.#newest.close();
      this.#overtaken += 1;
    } else this.#nextPaint = requestAnimationFrame(() => this.#paint());
    this.#newest = frame;
  }

  #paint(): void {
    const frame = this.#newest;
    this.#newest = null;
    if (!frame || !this.#brush) return;
    const { displayWidth, displayHeight, timestamp } = frame;
    if (this.element.width !== displayWidth || this.element.height !== displayHeight)
      Object.assign(this.element, { width: displayWidth, height: displayHeight });
    this.#brush.drawImage(frame, 0, 0);
    frame.close();
    this.#painted += 1;
    const guestUs = this.#spec.guestUs(performance.now());
    this.#spec.onFrame({ latencyMs: guestUs === null ? null : Math.max(0, (guestUs - timestamp) / 1000) });
  }
}
