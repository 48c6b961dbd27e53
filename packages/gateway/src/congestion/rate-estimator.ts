/** What is known of one viewer's way since the last time. */
export interface Feedback {
  /** Of packets, 0 to 1; null where the transport loses none. */
  readonly loss?: number | null | undefined;
  readonly rttMs?: number | null | undefined;
  /** Pictures that were not sent, because those before them still waited. */
  readonly dropped?: number | undefined;
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
const CALM_MS = 2000;
const GROWTH_PER_SECOND = 0.08;
const AFTER_DROP = 0.7;
const AFTER_QUEUE = 0.85;

/**
 * What one viewer's way can carry: multiplied down when it shows that it is full, slowly up while it does not (AIMD, as
 * the loss-based half of draft-ietf-rmcat-gcc). Pure: the caller has the clock, in milliseconds.
 */
export class RateEstimator {
  readonly #spec: EstimatorSpec;
  #kbps: number;
  #shortestRtt = { ms: Number.POSITIVE_INFINITY, at: 0 };
  #fullAt = Number.NEGATIVE_INFINITY;
  #cutAt = Number.NEGATIVE_INFINITY;
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
    if (worst < 1) this.#cut(worst, now);
  }

  /** Called now and then: grows while nothing speaks against it. Never above `mostKbps`. */
  grow(mostKbps: number, now: number): void {
    const seconds = (now - this.#grownAt) / 1000;
    this.#grownAt = now;
    if (now - this.#fullAt >= CALM_MS) this.#kbps *= 1 + GROWTH_PER_SECOND * Math.min(seconds, 2);
    this.#kbps = Math.max(this.#spec.minKbps, Math.min(this.#kbps, mostKbps));
  }

  /** Some loss is no reason to cut, but one not to grow. */
  #ofLoss(loss: number, now: number): number {
    if (loss > HEAVY_LOSS) return 1 - loss / 2;
    if (loss > SOME_LOSS) this.#fullAt = now;
    return 1;
  }

  #ofRtt(ms: number | null | undefined, now: number): number {
    if (ms === null || ms === undefined) return 1;
    const isOld = now - this.#shortestRtt.at > RTT_WINDOW_MS;
    if (ms <= this.#shortestRtt.ms || isOld) this.#shortestRtt = { ms, at: now };
    return ms > 2 * this.#shortestRtt.ms + RTT_MARGIN_MS ? AFTER_QUEUE : 1;
  }

  #cut(factor: number, now: number): void {
    this.#fullAt = now;
    if (now - this.#cutAt < SETTLE_MS) return;
    this.#cutAt = now;
    this.#kbps = Math.max(this.#spec.minKbps, this.#kbps * factor);
  }
}
