import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { MediaEngine } from "./engine.ts";
import { MediaStream } from "./media-stream.ts";

/** Serves one stream at a time on a Unix socket: a new connection ends the one before. */
export class MediaServer {
  readonly #engine: MediaEngine;
  readonly #server: Server;
  #newest: Socket | undefined;
  #stream: MediaStream | undefined;
  #turn: Promise<void> = Promise.resolve();

  private constructor(engine: MediaEngine) {
    this.#engine = engine;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Settles when it listens; only this process's own user may connect. */
  static async listen(engine: MediaEngine, path: string): Promise<MediaServer> {
    const server = new MediaServer(engine);
    rmSync(path, { force: true });
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        server.#server.once("error", reject).listen(path, resolve);
      });
    } finally {
      process.umask(before);
    }
    return server;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#newest?.destroy();
    await this.#turn;
    await this.#stream?.ended;
  }

  #accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    this.#newest?.destroy();
    this.#newest = socket;
    this.#turn = this.#turn.then(() => this.#replace(socket));
  }

  /** The display and the encoder are free before the next stream takes them. */
  async #replace(socket: Socket): Promise<void> {
    await this.#stream?.ended;
    this.#stream = undefined;
    if (socket === this.#newest && !socket.destroyed) this.#stream = new MediaStream(socket, this.#engine);
  }
}
