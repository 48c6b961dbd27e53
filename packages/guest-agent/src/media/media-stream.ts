import type { Duplex } from "node:stream";
import type {
  MediaHello,
  MediaProblem,
  MediaSettings,
  MediaStatus,
} from "@browservm/contract/media/guest-messages";
import { encodeAudio, MEDIA_KIND } from "@browservm/contract/media/wire";
import { MediaConnection } from "./connection.ts";
import type { MediaEngine } from "./engine.ts";
import { SoundLoop } from "./sound-loop.ts";
import { VideoLoop } from "./video-loop.ts";

const STATUS_MS = 1000;
/** Until the other side says something else. */
const FIRST_SETTINGS = { kbps: 2500, fps: 30, audio: false } as const;

/** One stream to a gateway, from hello to its end. */
export class MediaStream {
  /** Settles when it is over and nothing of it is left. */
  readonly ended: Promise<void>;
  readonly #engine: MediaEngine;
  readonly #connection: MediaConnection;
  readonly #video: VideoLoop;
  readonly #sound: SoundLoop;
  #settings: MediaSettings;

  constructor(socket: Duplex, engine: MediaEngine) {
    this.#engine = engine;
    this.#settings = { codec: engine.codecs[0] ?? "vp8", ...FIRST_SETTINGS };
    this.#connection = new MediaConnection(socket, {
      onSettings: (settings) => this.#take(settings),
      onKeyFrame: () => this.#video.wantKey(),
      onPing: (id) => this.#connection.sendJson(MEDIA_KIND.pong, { id, guestUs: engine.nowUs() }),
      onRoom: () => this.#video.lookAgain(),
    });
    this.#video = new VideoLoop({
      engine,
      settings: () => this.#settings,
      outlet: {
        hasRoom: () => this.#connection.hasRoom(),
        send: (frame) => this.#connection.sendVideo(frame),
      },
    });
    this.#sound = new SoundLoop(engine, (frame) => this.#connection.sendSmall(encodeAudio(frame)));
    this.ended = this.#run();
  }

  close(): void {
    this.#connection.close();
  }

  async #run(): Promise<void> {
    const { codecs, hasAudio } = this.#engine;
    const hello: MediaHello = { version: 1, codecs: [...codecs], hasAudio };
    this.#connection.sendJson(MEDIA_KIND.hello, hello);
    const video = this.#video.run();
    const timer = setInterval(() => this.#connection.sendJson(MEDIA_KIND.status, this.#status()), STATUS_MS);
    await this.#connection.closed;
    clearInterval(timer);
    this.#video.close();
    await Promise.all([video, this.#sound.close()]);
  }

  #take(settings: MediaSettings): void {
    this.#settings = settings;
    this.#sound.setWanted(settings.audio);
    this.#video.lookAgain();
  }

  #status(): MediaStatus {
    return {
      ...this.#video.counts,
      ...this.#video.size,
      settings: this.#settings,
      audioPackets: this.#sound.packets,
      problem: this.#problem(),
    };
  }

  #problem(): MediaProblem | null {
    if (this.#video.problem) return this.#video.problem;
    const message = this.#sound.problem;
    return message === undefined ? null : { code: "NO_SOUND", message: message.slice(0, 512) };
  }
}
