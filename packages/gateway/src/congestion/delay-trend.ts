import type { PacketFate } from "./send-log.ts";

/** Whether a queue on the way grows, shrinks, or neither. */
export type DelayState = "growing" | "shrinking" | "steady";

/** Packets sent within so long are looked at as one. */
const GROUP_MS = 5;
/** What comes in one go after a pause of the network was queued there, and says nothing of the way's capacity. */
const BURST_MS = 100;
const WINDOW = 20;
const SMOOTHING = 0.9;
const GAIN = 4;
const MAX_COUNT = 60;
const START_THRESHOLD = 12.5;
const [MIN_THRESHOLD, MAX_THRESHOLD] = [6, 600];
const [RISE, FALL] = [0.0087, 0.039];
/** What is above the threshold by so much is an exception that moves it no further. */
const MAX_STEP = 15;
const MAX_STEP_MS = 100;
/** A queue has grown for so long before it is called one. */
const GROWING_MS = 10;
/** A way that showed nothing for so long is another one. */
const FORGET_MS = 3000;
/** The shortest time on the way counts for one to two of these: clocks drift, and ways change. */
const SHORTEST_MS = 60_000;
const WAITS = 4;

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Group {
  firstSentMs: number;
  sentMs: number;
  firstArrivedMs: number;
  arrivedMs: number;
}

/**
 * Reads from the times of packets whether a queue builds up: the slope of the one-way delay over the last groups of
 * packets, against a threshold that follows how restless the way is (draft-ietf-rmcat-gcc-02, 5.2 to 5.4, with the slope
 * by linear regression). Neither clock needs to know the other.
 */
export class DelayTrend {
  #group: Group | undefined;
  #before: Group | undefined;
  #points: Point[] = [];
  #count = 0;
  #delay = 0;
  #smoothed = 0;
  #threshold = START_THRESHOLD;
  #steppedMs: number | undefined;
  #aboveMs = 0;
  #aboveCount = 0;
  #slope = 0;
  /** Of this span, and of the one before. */
  #shortest = { sinceMs: 0, ms: Number.POSITIVE_INFINITY, beforeMs: Number.POSITIVE_INFINITY };
  state: DelayState = "steady";
  #waits: readonly number[] = [];
  /** How much longer than the shortest the newest packets were on their way; one group that was late is no queue. */
  queueMs = 0;

  /** In the order in which they were sent. */
  add({ sentMs, arrivedMs }: PacketFate): void {
    if (arrivedMs === null) return;
    const group = this.#group;
    if (!group) this.#begin(sentMs, arrivedMs);
    else if (sentMs < group.firstSentMs)
      return; // sent before, and told of late
    else if (this.#belongs(group, sentMs, arrivedMs)) {
      group.sentMs = Math.max(group.sentMs, sentMs);
      group.arrivedMs = Math.max(group.arrivedMs, arrivedMs);
    } else {
      if (this.#before) this.#compare(this.#before, group);
      this.#before = group;
      this.#begin(sentMs, arrivedMs);
    }
  }

  #begin(sentMs: number, arrivedMs: number): void {
    if (this.#group && sentMs - this.#group.sentMs > FORGET_MS) this.#forget();
    this.#group = { firstSentMs: sentMs, sentMs, firstArrivedMs: arrivedMs, arrivedMs };
  }

  #belongs(group: Group, sentMs: number, arrivedMs: number): boolean {
    if (sentMs - group.firstSentMs <= GROUP_MS) return true;
    const [sent, arrived] = [sentMs - group.sentMs, arrivedMs - group.arrivedMs];
    return arrived <= GROUP_MS && arrived < sent && arrivedMs - group.firstArrivedMs < BURST_MS;
  }

  /** Its first packet has waited for none of its own group. */
  #measure({ firstSentMs, firstArrivedMs }: Group): void {
    const ms = firstArrivedMs - firstSentMs;
    const { sinceMs, ms: shortest, beforeMs } = this.#shortest;
    const isOver = firstSentMs - sinceMs > SHORTEST_MS;
    this.#shortest = isOver
      ? { sinceMs: firstSentMs, ms, beforeMs: shortest }
      : { sinceMs, ms: Math.min(ms, shortest), beforeMs };
    this.#waits = [...this.#waits, ms - Math.min(this.#shortest.ms, this.#shortest.beforeMs)].slice(-WAITS);
    this.queueMs = Math.min(...this.#waits);
  }

  #compare(from: Group, to: Group): void {
    this.#measure(to);
    const sent = to.sentMs - from.sentMs;
    const arrived = to.arrivedMs - from.arrivedMs;
    if (arrived < 0) return; // they have overtaken each other
    this.#count += 1;
    this.#delay += arrived - sent;
    this.#smoothed = SMOOTHING * this.#smoothed + (1 - SMOOTHING) * this.#delay;
    this.#points.push({ x: to.arrivedMs, y: this.#smoothed });
    if (this.#points.length > WINDOW) this.#points.shift();
    if (this.#points.length === WINDOW) this.#judge(slopeOf(this.#points), sent, to.arrivedMs);
  }

  #judge(slope: number, sentMs: number, nowMs: number): void {
    const trend = Math.min(this.#count, MAX_COUNT) * slope * GAIN;
    if (trend > this.#threshold) {
      this.#aboveMs += this.#aboveCount === 0 ? sentMs / 2 : sentMs;
      this.#aboveCount += 1;
      const hasGrown = this.#aboveMs > GROWING_MS && this.#aboveCount > 1;
      if (hasGrown && slope >= this.#slope) this.#conclude("growing");
    } else this.#conclude(trend < -this.#threshold ? "shrinking" : "steady");
    this.#slope = slope;
    this.#follow(Math.abs(trend), nowMs);
  }

  #conclude(state: DelayState): void {
    this.#aboveMs = 0;
    this.#aboveCount = 0;
    this.state = state;
  }

  /** The threshold goes up quickly where delays always vary, or every wireless way would look full. */
  #follow(trend: number, nowMs: number): void {
    const ms = Math.min(nowMs - (this.#steppedMs ?? nowMs), MAX_STEP_MS);
    this.#steppedMs = nowMs;
    if (trend > this.#threshold + MAX_STEP) return;
    const speed = trend < this.#threshold ? FALL : RISE;
    const next = this.#threshold + speed * (trend - this.#threshold) * ms;
    this.#threshold = Math.min(MAX_THRESHOLD, Math.max(MIN_THRESHOLD, next));
  }

  #forget(): void {
    this.#before = undefined;
    this.#points = [];
    this.#count = 0;
    this.#delay = 0;
    this.#smoothed = 0;
    this.#slope = 0;
    this.#conclude("steady");
  }
}

/** By least squares; 0 where all came at one time. */
function slopeOf(points: readonly Point[]): number {
  const x = points.reduce((sum, point) => sum + point.x, 0) / points.length;
  const y = points.reduce((sum, point) => sum + point.y, 0) / points.length;
  const over = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
  const under = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return under === 0 ? 0 : over / under;
}
