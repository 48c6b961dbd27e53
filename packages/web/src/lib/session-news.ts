import { type Event, Reason, Repair } from "@browservm/contract";
import { z } from "zod";
import { type TimeoutWarning, warningOf } from "./timeouts.ts";

/** What is told of a session by events only. */
export interface News {
  /** What was healed for its VM, newest first. */
  readonly repairs: readonly Repair[];
  /** What it took to get a VM of a pool, in milliseconds. */
  readonly claimMs?: number;
  /** The last warning of each time-out; it may be old. */
  readonly warnings: readonly TimeoutWarning[];
  /** Why the last resume left it paused. */
  readonly restReason?: Reason;
}

const Claimed = z.object({ ms: z.number() });
const Moved = z.object({ to: z.string(), reason: Reason.optional() });

/** Keeps what events say, once each, however often they arrive. */
export class SessionNews {
  readonly #repairs = new Map<number, Repair>();
  readonly #warnings = new Map<TimeoutWarning["timeout"], TimeoutWarning>();
  #rest: Omit<News, "repairs" | "warnings"> = {};
  #seen = -1;

  read(event: Event): void {
    const { seq, type, data } = event;
    const repair = type === "network.repair" ? Repair.safeParse(data).data : undefined;
    if (repair) this.#repairs.set(seq, repair);
    if (seq <= this.#seen) return;
    this.#seen = seq;
    const warning = warningOf(event);
    if (warning) this.#warnings.set(warning.timeout, warning);
    const claimed = type === "session.claimed" ? Claimed.safeParse(data).data : undefined;
    if (claimed) this.#rest = { ...this.#rest, claimMs: claimed.ms };
    if (type === "vm.state") this.#moved(Moved.safeParse(data).data);
  }

  get(): News {
    const repairs = [...this.#repairs].toSorted(([a], [b]) => b - a).map(([, repair]) => repair);
    return { repairs, warnings: [...this.#warnings.values()], ...this.#rest };
  }

  #moved(move: z.infer<typeof Moved> | undefined): void {
    const { restReason: _, ...rest } = this.#rest;
    this.#rest = move?.to === "paused" && move.reason ? { ...rest, restReason: move.reason } : rest;
  }
}
