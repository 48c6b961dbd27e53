import type { Duplex } from "node:stream";
import { MediaPing, MediaSettings } from "@browservm/contract/media/guest-messages";
import { MediaReader } from "@browservm/contract/media/message-reader";
import {
  encodeJson,
  encodeVideo,
  MAX_MEDIA_JSON_BYTES,
  MEDIA_KIND,
  parseMediaMessage,
  type VideoFrame,
  withLength,
} from "@browservm/contract/media/wire";

/** So many pictures may wait for whoever reads; then the screen is not read. */
const MAX_WAITING_PICTURES = 2;
/** Beyond this, what is not a picture is left out: it is told again, or no longer true. */
const MAX_WAITING_BYTES = 1_048_576;

export interface ConnectionEvents {
  onSettings(settings: MediaSettings): void;
  onKeyFrame(): void;
  onPing(id: number): void;
  /** Pictures have gone out. */
  onRoom(): void;
}

/** The guest's end of one media stream: messages of the contract over a byte stream. Nonsense from the host ends it. */
export class MediaConnection {
  /** Settles when it is over. */
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #events: ConnectionEvents;
  readonly #reader = new MediaReader(1 + MAX_MEDIA_JSON_BYTES);
  #waiting = 0;

  constructor(socket: Duplex, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => socket.destroy());
    socket.once("end", () => socket.destroy());
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
  }

  hasRoom(): boolean {
    return this.#waiting < MAX_WAITING_PICTURES;
  }

  sendVideo(frame: VideoFrame): void {
    if (this.#socket.destroyed) return;
    this.#waiting += 1;
    this.#socket.write(withLength(encodeVideo(frame)), () => {
      this.#waiting -= 1;
      this.#events.onRoom();
    });
  }

  /** Sends it unless whoever reads is far behind. */
  sendJson(kind: number, value: unknown): void {
    this.sendSmall(encodeJson(kind, value));
  }

  sendSmall(message: Uint8Array): void {
    if (this.#socket.destroyed || this.#socket.writableLength > MAX_WAITING_BYTES) return;
    this.#socket.write(withLength(message));
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Uint8Array): void {
    try {
      for (const message of this.#reader.push(bytes)) this.#take(message);
    } catch {
      this.close(); // whatever it is, it does not speak our language
    }
  }

  #take(bytes: Uint8Array): void {
    const message = parseMediaMessage(bytes);
    if (message?.kind !== "json") throw new TypeError("no message of a gateway");
    const { code, value } = message;
    if (code === MEDIA_KIND.settings) this.#events.onSettings(MediaSettings.parse(value));
    else if (code === MEDIA_KIND.keyFrame) this.#events.onKeyFrame();
    else if (code === MEDIA_KIND.ping) this.#events.onPing(MediaPing.parse(value).id);
    else throw new TypeError("no message of a gateway");
  }
}
