import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";
import {
  BrowserVmError,
  type ErrorCode,
  encodeAudio,
  encodeJson,
  encodeVideo,
  MEDIA_KIND,
  MediaPing,
  MediaReader,
  MediaSettings,
  type MediaStatus,
  parseMediaMessage,
  STREAM_UPGRADE,
  type VideoCodec,
  type VideoFrame,
  withLength,
} from "@browservm/contract";

/** What every connection begins with; a test may take another. */
const HELLO = { version: 1, codecs: ["vp8", "h264"], hasAudio: true };

/** A guest that speaks the media protocol, on what is given to it or behind a hostd that knows nothing else. */
export class FakeGuest implements AsyncDisposable {
  #server: Server | undefined;
  readonly #sockets = new Set<Duplex>();
  readonly settings: MediaSettings[] = [];
  /** The paths that were asked for. */
  readonly asked: string[] = [];
  hello: unknown = HELLO;
  keyFrames = 0;
  connections = 0;
  /** What hostd says in the place of its stream. */
  refusal: ErrorCode | undefined;
  /** It hears, and answers nothing. */
  isMute = false;
  /** A picture comes for each key frame that is asked for. */
  answersKeyFrames = true;
  /** Its clock is ahead of ours by so much, in microseconds. */
  readonly aheadUs = 5_000_000;
  stream: Duplex | undefined;
  sequence = 0;

  static async listen(path: string): Promise<FakeGuest> {
    const server = createServer((_, response) => response.writeHead(404).end("{}"));
    const guest = new FakeGuest();
    guest.#server = server;
    server.on("upgrade", ({ url = "" }, socket) => guest.#welcome(url, socket));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return guest;
  }

  get clockUs(): number {
    return Math.round(performance.now() * 1000) + this.aheadUs;
  }

  frame(part: Partial<VideoFrame> = {}): VideoFrame {
    const capturedUs = this.clockUs;
    return {
      codec: "vp8" as VideoCodec,
      isKey: false,
      width: 1280,
      height: 720,
      sequence: this.sequence++,
      capturedUs,
      encodedAfterUs: 5000,
      // VP8 says in its first bit whether it is a key frame.
      data: new Uint8Array([part.isKey ? 0 : 1, 2, 3, this.sequence & 0xff]),
      ...part,
    };
  }

  /** Sends one picture; answers it. */
  video(part: Partial<VideoFrame> = {}): VideoFrame {
    const frame = this.frame(part);
    this.write(withLength(encodeVideo(frame)));
    return frame;
  }

  /** Without `data`: a packet of silence. */
  audio(sequence: number, data: Uint8Array = new Uint8Array([0xfc, 0xff, 0xfe])): void {
    this.write(withLength(encodeAudio({ sequence, capturedUs: this.clockUs, data })));
  }

  status(part: Partial<MediaStatus> = {}): void {
    const settings = this.settings.at(-1) ?? { codec: "vp8", kbps: 100, fps: 30, audio: false };
    const counts = { captured: 9, unchanged: 2, encoded: 7, dropped: 0, encodeUs: 4000, audioPackets: 0 };
    const status = { ...counts, width: 1280, height: 720, settings, problem: null, ...part };
    this.write(withLength(encodeJson(MEDIA_KIND.status, status)));
  }

  write(bytes: Uint8Array): void {
    this.stream?.write(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
  }

  /** A connection to its media service. */
  take(socket: Duplex): void {
    this.connections += 1;
    socket.on("error", () => {});
    // Sockets of an HTTP server stay half open otherwise.
    socket.on("end", () => socket.destroy());
    this.#sockets.add(socket);
    this.stream = socket;
    this.write(withLength(encodeJson(MEDIA_KIND.hello, this.hello)));
    const reader = new MediaReader();
    socket.on("data", (chunk: Buffer) => {
      for (const message of reader.push(chunk)) this.#obey(message);
    });
  }

  #welcome(url: string, socket: Duplex): void {
    this.asked.push(url);
    if (this.refusal) {
      const problem = JSON.stringify(new BrowserVmError(this.refusal, "refused").toProblem());
      socket.end(`HTTP/1.1 409 Conflict\r\nContent-Length: ${problem.length}\r\n\r\n${problem}`);
      return;
    }
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${STREAM_UPGRADE}\r\n\r\n`,
    );
    this.take(socket);
  }

  #obey(message: Uint8Array): void {
    const parsed = parseMediaMessage(message);
    if (this.isMute) return;
    if (parsed?.kind !== "json") throw new Error("the gateway sends a guest only JSON");
    if (parsed.code === MEDIA_KIND.settings) this.settings.push(MediaSettings.parse(parsed.value));
    else if (parsed.code === MEDIA_KIND.keyFrame) this.#key();
    else {
      const { id } = MediaPing.parse(parsed.value);
      this.write(withLength(encodeJson(MEDIA_KIND.pong, { id, guestUs: this.clockUs })));
    }
  }

  #key(): void {
    this.keyFrames += 1;
    if (this.answersKeyFrames) this.video({ isKey: true });
  }
}
