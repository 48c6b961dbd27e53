import { type EgressQuery, type EgressVerdict, RateMeter } from "@browservm/contract";

const KEPT = 200;
/** A refusal of the same name is told again after so long. */
const TOLD_AGAIN_MS = 60_000;
const MOST_TOLD = { burst: 10, perSecond: 1 / 6 };
const MOST_QUESTIONS = { burst: 200, perSecond: 50 };
const MOST_NAMES = 1000;

/** What is told of refusals: the one, and how many there were since the last time. */
export interface Refusals {
  readonly name: string;
  readonly type: string;
  readonly verdict: EgressVerdict;
  readonly rule?: string;
  readonly count: number;
}

/** The questions of one guest under one policy: the last ones, how many of each verdict, and what is worth an event. */
export class QueryLog {
  readonly counts: Partial<Record<EgressVerdict, number>> = {};
  readonly #now: () => number;
  readonly #telling: RateMeter;
  readonly #asking: RateMeter;
  readonly #toldAt = new Map<string, number>();
  #last: EgressQuery[] = [];
  #untold = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#telling = new RateMeter(MOST_TOLD, now());
    this.#asking = new RateMeter(MOST_QUESTIONS, now());
  }

  /** Newest first. */
  get last(): EgressQuery[] {
    return this.#last.toReversed();
  }

  /** False: this guest asks too much. */
  mayAsk(): boolean {
    return this.#asking.take(1, this.#now());
  }

  /** Answers what to tell of it, if anything: a page that is refused asks the same names over and over. */
  add(query: EgressQuery): Refusals | undefined {
    this.counts[query.verdict] = (this.counts[query.verdict] ?? 0) + 1;
    this.#last.push(query);
    if (this.#last.length > KEPT) this.#last = this.#last.slice(-KEPT);
    if (query.verdict !== "denied" && query.verdict !== "private") return undefined;
    this.#untold += 1;
    return this.#isWorthTelling(query.name) ? this.#tell(query) : undefined;
  }

  #isWorthTelling(name: string): boolean {
    const now = this.#now();
    if (now - (this.#toldAt.get(name) ?? Number.NEGATIVE_INFINITY) < TOLD_AGAIN_MS) return false;
    return this.#telling.take(1, now);
  }

  #tell({ name, type, verdict, rule }: EgressQuery): Refusals {
    if (this.#toldAt.size >= MOST_NAMES) this.#toldAt.clear();
    this.#toldAt.set(name, this.#now());
    const count = this.#untold;
    this.#untold = 0;
    return { name, type, verdict, ...(rule ? { rule } : {}), count };
  }
}
