import type { AudioFrame } from "@browservm/contract/media/wire";
import type { MediaEngine, Sound, SoundPacket } from "./engine.ts";
import { Wake } from "./wake.ts";

const RETRY_MS = 1000;

/** Captures sound while it is wanted. Silence is not sent. */
export class SoundLoop {
  /** Sent so far. */
  packets = 0;
  /** Why there is none, although it is wanted. */
  problem: string | undefined;
  readonly #engine: MediaEngine;
  readonly #send: (frame: AudioFrame) => void;
  readonly #wake = new Wake();
  readonly #ended: Promise<void>;
  #isWanted = false;
  #isClosed = false;
  #sound: Sound | undefined;
  #sequence = 0;

  constructor(engine: MediaEngine, send: (frame: AudioFrame) => void) {
    this.#engine = engine;
    this.#send = send;
    this.#ended = this.#run();
  }

  setWanted(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    this.problem = undefined;
    this.#look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#look();
    await this.#ended;
  }

  #look(): void {
    if (!this.#isWanted || this.#isClosed) void this.#sound?.close();
    this.#wake.call();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      if (!this.#isWanted) await this.#wake.wait();
      else if (!this.#engine.hasAudio) {
        this.problem = "this image captures no sound";
        await this.#wake.wait();
      } else await this.#capture();
    }
  }

  async #capture(): Promise<void> {
    try {
      this.#sound = this.#engine.startSound((packet) => this.#take(packet));
      this.problem = await this.#sound.ended;
    } catch (error) {
      this.problem = (error as Error).message;
    }
    await this.#sound?.close();
    this.#sound = undefined;
    if (this.problem !== undefined && this.#isWanted && !this.#isClosed) await this.#wake.wait(RETRY_MS);
  }

  #take({ capturedUs, isSilent, data }: SoundPacket): void {
    this.problem = undefined;
    const sequence = this.#sequence;
    this.#sequence = (this.#sequence + 1) >>> 0;
    if (isSilent) return;
    this.packets += 1;
    this.#send({ sequence, capturedUs, data });
  }
}
