import type { GuestMemory } from "./guest-memory.ts";

/** A guest's two clocks: the time of day, which a freeze holds back, and the time since its boot. */
export class GuestClock {
  readonly #startedAt = performance.now();
  readonly #uptimeMs: number;
  #aheadMs: number;

  /** Both go on from where memory says that they were. */
  constructor({ clockMs, uptimeMs }: Pick<GuestMemory, "clockMs" | "uptimeMs">) {
    this.#aheadMs = clockMs - Date.now();
    this.#uptimeMs = uptimeMs;
  }

  get nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  get uptimeMs(): number {
    return this.#uptimeMs + performance.now() - this.#startedAt;
  }

  /** Answers how far the time of day was stepped, in milliseconds. */
  set(time: string): number {
    const stepMs = Date.parse(time) - this.nowMs;
    this.#aheadMs += stepMs;
    return stepMs;
  }
}
