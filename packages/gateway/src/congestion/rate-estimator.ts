import { DelayTrend } from "./delay-trend.ts";
import { RateWindow } from "./rate-window.ts";
import type { PacketFate } from "./send-log.ts";

/** What is known of one viewer's way since the last time. */
export interface Feedback {
  /** Of packets, 0 to 1; null where the transport loses none. */
  readonly loss?: number | null | undefined;
  readonly rttMs?: number | null | undefined;
  /** Pictures that were not sent, because those before them still waited. */
  readonly dropped?: number | undefined;
  /** What became of packets, in the order in which they were sent. */
  readonly fates?: readonly PacketFate[] | undefined;
}

export interface EstimatorSpec {
  readonly startKbps: number;
  readonly minKbps: number;
}

const HEAVY_LOSS = 0.1;
const SOME_LOSS = 0.02;
/** A queue that grows shows as a longer round trip: twice the shortest, and this much more. */
const RTT_MARGIN_MS = 120;
/** The shortest round trip counts for so long; then the way may have changed. */
const RTT_WINDOW_MS = 60_000;
/** The way needs this long to show what a change did. */
const SETTLE_MS = 800;
/** The same where packets tell of themselves, each tenth of a second. */
const QUICK_SETTLE_MS = 300;
const CALM_MS = 2000;
const GROWTH_PER_SECOND = 0.08;
const AFTER_DROP = 0.7;
const AFTER_QUEUE = 0.85;
/** Where less than this part was sent, what came through says little of what could have: so much is left. */
const LITTLE = 0.5;
const AFTER_QUEUE_OF_LITTLE = 0.7;
/** A queue that stands still is not seen by its growth. */
const LONG_QUEUE_MS = 150;
const AFTER_LONG_QUEUE = 0.5;
/** A way that has shown its limit is believed to carry no more than this times what it carried, */
const UNPROVEN = 1.5;
/** for so long, in milliseconds; and feedback that is older tells nothing any more. */
const LIMIT_MS = 60_000;
const FRESH_MS = 5000;

/**
 * What one viewer's way can carry: multiplied down when it shows that it is full, slowly up while it does not (AIMD, as
 * draft-ietf-rmcat-gcc). Packets that tell when they came show a queue before anything is lost; where none do, loss,
 * round trips and full buffers have to do. Pure: the caller has the clock, in milliseconds.
 */
export class RateEstimator {
  readonly #spec: EstimatorSpec;
  #trend = new DelayTrend();
  readonly #sent = new RateWindow();
  readonly #carried = new RateWindow();
  #kbps: number;
  #shortestRtt = { ms: Number.POSITIVE_INFINITY, at: 0 };
  #fullAt = Number.NEGATIVE_INFINITY;
  #cutAt = Number.NEGATIVE_INFINITY;
  #queueAt = Number.NEGATIVE_INFINITY;
  #fatesAt = Number.NEGATIVE_INFINITY;
  #grownAt: number;

  constructor(spec: EstimatorSpec, now: number) {
    this.#spec = spec;
    this.#kbps = spec.startKbps;
    this.#grownAt = now;
  }

  /** In kilobits per second. */
  get kbps(): number {
    return Math.round(this.#kbps);
  }

  hear(feedback: Feedback, now: number): void {
    const factor = Math.min(this.#ofLoss(feedback.loss ?? 0, now), this.#ofRtt(feedback.rttMs, now));
    const worst = (feedback.dropped ?? 0) > 0 ? Math.min(factor, AFTER_DROP) : factor;
    if (worst < 1) this.#cut(this.#kbps * worst, SETTLE_MS, now);
    if (feedback.fates) this.#ofFates(feedback.fates, now);
  }

  /** Packets go another way from now on: its times are none of the old one's. */
  forgetWay(): void {
    this.#trend = new DelayTrend();
  }

  /** Called now and then: grows while nothing speaks against it. Never above `mostKbps`. */
  grow(mostKbps: number, now: number): void {
    const seconds = (now - this.#grownAt) / 1000;
    this.#grownAt = now;
    const grown = this.#kbps * (1 + GROWTH_PER_SECOND * Math.min(seconds, 2));
    if (now - this.#fullAt >= CALM_MS)
      this.#kbps = Math.max(this.#kbps, Math.min(grown, this.#provenKbps(now)));
    this.#kbps = Math.max(this.#spec.minKbps, Math.min(this.#kbps, mostKbps));
  }

  /** Up to where it may grow: a still screen proves nothing of a way that was full a while ago. */
  #provenKbps(now: number): number {
    const isLimited = now - this.#queueAt < LIMIT_MS && now - this.#fatesAt < LIMIT_MS;
    return isLimited ? UNPROVEN * this.#carried.kbps : Number.POSITIVE_INFINITY;
  }

  #ofFates(fates: readonly PacketFate[], now: number): void {
    this.#fatesAt = now;
    for (const fate of fates) {
      if (!fate.isLate) this.#sent.add(fate.sentMs, fate.bytes); // counted when it was told as missing
      if (fate.arrivedMs !== null) this.#carried.add(fate.arrivedMs, fate.bytes);
      this.#trend.add(fate);
    }
    const { state, queueMs } = this.#trend;
    const isLong = queueMs > LONG_QUEUE_MS;
    if (state === "steady" && !isLong) return;
    this.#fullAt = now; // a queue that shrinks is one still
    if (state === "shrinking") return;
    this.#queueAt = now;
    this.#cut(this.#afterQueue(queueMs), QUICK_SETTLE_MS, now);
  }

  /** Less than what came through, so that the queue empties within a second or two. */
  #afterQueue(queueMs: number): number {
    const part = Math.min(AFTER_QUEUE, Math.max(AFTER_LONG_QUEUE, 1 - queueMs / 1000));
    const carried = part * this.#carried.kbps;
    const wasTried = this.#sent.kbps >= this.#kbps * LITTLE;
    return wasTried ? carried : Math.max(carried, this.#kbps * AFTER_QUEUE_OF_LITTLE);
  }

  /** Some loss is no reason to cut, but one not to grow. */
  #ofLoss(loss: number, now: number): number {
    if (loss > HEAVY_LOSS) return 1 - loss / 2;
    if (loss > SOME_LOSS) this.#fullAt = now;
    return 1;
  }

  /** Of no use where packets tell of themselves: they show the same, sooner. */
  #ofRtt(ms: number | null | undefined, now: number): number {
    if (ms === null || ms === undefined || now - this.#fatesAt < FRESH_MS) return 1;
    const isOld = now - this.#shortestRtt.at > RTT_WINDOW_MS;
    if (ms <= this.#shortestRtt.ms || isOld) this.#shortestRtt = { ms, at: now };
    return ms > 2 * this.#shortestRtt.ms + RTT_MARGIN_MS ? AFTER_QUEUE : 1;
  }

  #cut(toKbps: number, settleMs: number, now: number): void {
    this.#fullAt = now;
    if (now - this.#cutAt < settleMs) return;
    this.#cutAt = now;
    this.#kbps = Math.max(this.#spec.minKbps, Math.min(this.#kbps, toKbps));
  }
}
