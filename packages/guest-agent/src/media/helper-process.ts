import type { ChildProcess } from "node:child_process";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Emulated, Node and GStreamer take their time. */
const START_MS = 120_000;
/** How long it waits for the next stream after the last one. */
const IDLE_MS = 30_000;
const PAUSE_MS = { first: 1000, most: 30_000 } as const;
/** One that lived this long did not die of its start. */
const HEALTHY_MS = 60_000;

export interface HelperParts {
  /** Where the helper listens. */
  readonly socket: string;
  /** Starts the helper; its first word says that it listens, and it ends with its input. */
  spawn(): ChildProcess;
  warn(message: string): void;
  readonly idleMs?: number;
}

/** The process that captures and encodes: there while somebody looks, and gone soon after. */
export class HelperProcess {
  readonly #parts: HelperParts;
  #child: ChildProcess | undefined;
  #listening: Promise<void> | undefined;
  #streams = 0;
  #idle: NodeJS.Timeout | undefined;
  #pauseMs = 0;
  /** Settles when the last one that we ended is gone. */
  #ended: Promise<unknown> = Promise.resolve();

  constructor(parts: HelperParts) {
    this.#parts = parts;
  }

  /** A new stream to it, which ends the one before. Throws when it does not start. */
  async open(): Promise<Socket> {
    this.#streams += 1;
    clearTimeout(this.#idle);
    try {
      await this.#start();
      const socket = await connected(this.#parts.socket);
      socket.once("close", () => this.#closed());
      return socket;
    } catch (error) {
      this.#closed();
      this.#parts.warn(`no media stream: ${(error as Error).message}`);
      throw error;
    }
  }

  /** Ends it, and settles when it is gone. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const child = this.#child;
    if (child) {
      // Nobody is to wait for it any more: the next stream starts another one.
      this.#child = this.#listening = undefined;
      this.#pauseMs = 0;
      this.#ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL"); // it keeps nothing that could be spoilt
    }
    await this.#ended;
  }

  #closed(): void {
    this.#streams -= 1;
    if (this.#streams > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.close(), this.#parts.idleMs ?? IDLE_MS);
  }

  /** Settles when one listens: the one that does, or a new one. */
  async #start(): Promise<void> {
    this.#listening ??= this.#startAnew();
    const listening = this.#listening;
    try {
      await listening;
    } catch (error) {
      if (this.#listening === listening) this.#listening = undefined;
      throw error;
    }
  }

  async #startAnew(): Promise<void> {
    if (this.#pauseMs > 0) await sleep(this.#pauseMs);
    const begun = performance.now();
    const child = this.#parts.spawn();
    this.#child = child;
    const onEnd = (how: string) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#listening = undefined;
      this.#died(how, performance.now() - begun);
    };
    child.once("error", (error) => onEnd(error.message));
    child.once("exit", (code, signal) => onEnd(String(signal ?? code)));
    await saysSo(child);
  }

  #died(how: string, livedMs: number): void {
    const isHealthy = livedMs > HEALTHY_MS;
    this.#pauseMs = isHealthy ? 0 : Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.first, this.#pauseMs * 2));
    this.#parts.warn(`the media helper ended: ${how}`);
  }
}

function saysSo(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`the media helper ${why}`));
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail("does not say that it listens");
    }, START_MS);
    child.once("error", (error) => fail(`does not start: ${error.message}`));
    child.once("exit", (code, signal) => fail(`ended at once: ${signal ?? code}`));
    child.stdout?.once("data", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once("connect", () => resolve(socket));
    // Later ones are told by its "close".
    socket.on("error", reject);
  });
}
