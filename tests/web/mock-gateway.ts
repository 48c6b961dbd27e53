import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  encodeAudio,
  encodeVideo,
  type GatewayMessage,
  type MediaMessage,
  MediaReader,
  parseMediaMessage,
  type Rung,
  type VideoCodec,
  ViewerMessage,
} from "@browservm/contract";
import type { WebSocket } from "ws";

type Media = Exclude<MediaMessage, { kind: "json" }>;

const FRAME_MS = 40;
const STATS_MS = 250;
const FRAMES_TO_KEY = 10;
/** How old a frame is when it is sent, as it says, in microseconds. */
export const AGE_US = 100_000;

/**
 * 320 × 180 in VP8 and in H.264, with key frames where the colour changes (ten frames each), and half a second of Opus, as
 * the byte stream of media/wire.ts. Pictures made once with GStreamer as guests do (BT.601), sound with Chromium's WebCodecs.
 */
const CLIP: readonly Media[] = ["two-colours.media", "two-colours-h264.media"].flatMap((name) =>
  new MediaReader()
    .push(readFileSync(join(import.meta.dirname, "fixtures", name)))
    .map(parseMediaMessage)
    .filter((message) => message !== undefined && message.kind !== "json"),
);

export const CLIP_COLOURS = [
  [200, 40, 40],
  [30, 150, 60],
] as const;

/** The media gateway of the contract with a clip for a VM: frames over WebSocket, WebRTC in words only. */
export class MockGateway {
  rungs: Rung[] = ["websocket", "vnc"];
  /** While not, connections are closed as soon as they come. */
  isUp = true;
  /** While not, no frame is sent, as if the capture had broken. */
  hasFrames = true;
  /** While set, what viewers ask for of that kind is refused. */
  refuses: ViewerMessage["type"] | null = null;
  /** Everything that viewers said, in order. */
  readonly heard: ViewerMessage[] = [];
  readonly #sockets = new Set<WebSocket>();
  #comings = 0;

  /** How often somebody connected. */
  get comings(): number {
    return this.#comings;
  }

  /** All of one kind that viewers said. */
  heardOf<T extends ViewerMessage["type"]>(type: T): Extract<ViewerMessage, { type: T }>[] {
    return this.heard.filter((message) => message.type === type) as Extract<ViewerMessage, { type: T }>[];
  }

  /** What the viewer last asked for. */
  get chosen() {
    return this.heardOf("rung/choose").at(-1);
  }

  take(socket: WebSocket): void {
    this.#comings += 1;
    if (!this.isUp) {
      socket.close(1011);
      return;
    }
    this.#sockets.add(socket);
    const stream = new MockStream(this, socket);
    socket.on("message", (data: Buffer) => {
      const message = ViewerMessage.parse(JSON.parse(data.toString()));
      this.heard.push(message);
      stream.hear(message);
    });
    socket.on("close", () => {
      this.#sockets.delete(socket);
      stream.stop();
    });
    stream.say({ type: "stream/hello", hasInput: false, rungs: this.rungs });
  }

  /** Breaks all connections, as a gateway that dies. */
  drop(): void {
    for (const socket of this.#sockets) socket.terminate();
  }
}

/** One viewer's frames. */
class MockStream {
  readonly #gateway: MockGateway;
  readonly #socket: WebSocket;
  #timers: NodeJS.Timeout[] = [];
  #at = 0;
  #sent = 0;
  #hasSound = false;
  #codec: VideoCodec = "vp8";
  #maxKbps: number | null = null;

  constructor(gateway: MockGateway, socket: WebSocket) {
    this.#gateway = gateway;
    this.#socket = socket;
  }

  say(message: GatewayMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  hear(message: ViewerMessage): void {
    if (message.type === this.#gateway.refuses) {
      this.say({
        type: "system/refused",
        what: message.type,
        code: "FORBIDDEN",
        message: "not in this test",
      });
      return;
    }
    if (message.type === "system/ping") this.say({ type: "system/pong", t: message.t, guestUs: clockUs() });
    if (message.type === "quality/set") this.#change(message);
    if (message.type === "rung/choose") {
      this.stop();
      this.#hasSound = message.audio;
      if (message.rung !== "vnc") this.#play(message.rung === "websocket");
    }
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
  }

  #play(hasFrames: boolean): void {
    this.#tellState();
    const stats = setInterval(() => this.#tellStats(), STATS_MS);
    const frames = setInterval(() => {
      if (hasFrames && this.#gateway.hasFrames) this.#next();
    }, FRAME_MS);
    this.#timers = [stats, frames];
  }

  /** The clip again and again, as if it were captured now. */
  #next(): void {
    const frames = CLIP.flatMap((message) => (message.kind === "video" ? [message.frame] : []));
    const video = frames.filter(({ codec }) => codec === this.#codec);
    const next = video[this.#at % video.length];
    if (!next) throw new Error(`the clip has no frames of ${this.#codec}`);
    const frame = { ...next, sequence: this.#at, capturedUs: clockUs() - AGE_US };
    this.#at += 1;
    this.#sent += 1;
    this.#socket.send(encodeVideo(frame));
    for (const sound of CLIP)
      if (this.#hasSound && sound.kind === "audio" && Math.floor(sound.frame.sequence / 2) === this.#at % 12)
        this.#socket.send(encodeAudio(sound.frame));
  }

  /** Another codec begins with a key frame. */
  #change({ codec, maxKbps }: Extract<ViewerMessage, { type: "quality/set" }>): void {
    if (codec && codec !== this.#codec) {
      this.#codec = codec;
      this.#at += FRAMES_TO_KEY - (this.#at % FRAMES_TO_KEY);
    }
    if (maxKbps !== undefined) this.#maxKbps = maxKbps;
    this.#tellState();
  }

  #tellState(): void {
    this.say({
      type: "stream/state",
      state: "running",
      codecs: ["vp8", "h264"],
      codec: this.#codec,
      width: 320,
      height: 180,
      fps: 25,
      targetKbps: 2000,
      maxKbps: this.#maxKbps,
      hasAudio: true,
      problem: null,
    });
  }

  #tellStats(): void {
    const captured = this.#gateway.hasFrames ? this.#at : 0;
    this.say({
      type: "stream/stats",
      numbers: {
        captured,
        unchanged: 0,
        encoded: captured,
        sent: this.#sent,
        dropped: 0,
        encodeMs: 4,
        kbps: 180,
        guestRttMs: 1,
        viewers: 1,
      },
    });
  }
}

const clockUs = () => Math.round(performance.now() * 1000);
