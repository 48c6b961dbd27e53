import type { PacketFate } from "../send-log.ts";

export interface WaySpec {
  /** At a millisecond of the simulation. */
  readonly kbps: (ms: number) => number;
  /** What waits at most, in milliseconds of the way's rate; more is dropped. */
  readonly bufferMs: number;
  readonly delayMs: number;
  /** Each packet is late by up to so much more, in order. */
  readonly jitterMs?: number;
  /** 0 to 1, at random. */
  readonly loss?: number;
}

export const PACKET_BYTES = 1200;
/** The viewer's clock is no relative of ours. */
const AHEAD_MS = 4_000_000;

/** Dice that fall the same way each time (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A bottleneck with a queue before it: packets in, their fates out. */
export class SimulatedWay {
  readonly #spec: WaySpec;
  readonly #random = dice(7);
  #freeAtMs = 0;
  #lastMs = 0;

  constructor(spec: WaySpec) {
    this.#spec = spec;
  }

  /** How long a packet that is sent now waits. */
  queueMs(nowMs: number): number {
    return Math.max(0, this.#freeAtMs - nowMs);
  }

  /** In the order in which they are sent. */
  send(sentMs: number, bytes: number): PacketFate {
    const { kbps, bufferMs, delayMs, jitterMs = 0, loss = 0 } = this.#spec;
    const isDropped = this.queueMs(sentMs) > bufferMs || this.#random() < loss;
    if (isDropped) return { sentMs, arrivedMs: null, bytes };
    this.#freeAtMs = Math.max(this.#freeAtMs, sentMs) + (bytes * 8) / kbps(sentMs);
    const arrivedMs = Math.max(this.#lastMs, this.#freeAtMs + delayMs + this.#random() * jitterMs);
    this.#lastMs = arrivedMs;
    return { sentMs, arrivedMs: AHEAD_MS + arrivedMs, bytes };
  }
}
