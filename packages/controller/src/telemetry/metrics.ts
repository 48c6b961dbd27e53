import type { VmOrigin } from "@browservm/contract";
import { Histogram, header, sample } from "./histogram.ts";

const CLAIM_BUCKETS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 5];
const START_BUCKETS = [0.01, 0.03, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

const DENIED = "browservm_egress_denied_names_total";
const DENIED_HELP =
  "Names that egress policies refused to sessions, since this process began; told of with a delay.";

/** How long things took since this process began. Takes milliseconds, tells seconds. */
export class Metrics {
  readonly #start = new Histogram({
    name: "browservm_session_start_seconds",
    help: "From the request for a session until its VM was ready, by where the VM came from.",
    label: "origin",
    buckets: START_BUCKETS,
  });
  readonly #claim = new Histogram({
    name: "browservm_pool_claim_seconds",
    help: "From the request for a session until a VM of the pool was handed out.",
    label: "pool",
    buckets: CLAIM_BUCKETS,
  });
  readonly #refill = new Histogram({
    name: "browservm_pool_refill_seconds",
    help: "From the request for a VM of the pool until it could be claimed.",
    label: "pool",
    buckets: START_BUCKETS,
  });
  readonly #rest = new Histogram({
    name: "browservm_session_rest_seconds",
    help: "How long pausing and resuming took, until hostd had done it.",
    label: "action",
    buckets: START_BUCKETS,
  });
  readonly #refresh = new Histogram({
    name: "browservm_connection_refresh_seconds",
    help: "How long a provider took to refresh a connection, by what came of it.",
    label: "outcome",
    buckets: START_BUCKETS,
  });

  readonly #profile = new Histogram({
    name: "browservm_profile_seconds",
    help: "How long loading a profile into a session took, or saving it, until it was done or had failed.",
    label: "step",
    buckets: START_BUCKETS,
  });

  readonly #denied = new Map<string, number>();

  /** Names that were refused to VMs by their policies, as hostd tells of them. */
  denied(verdict: string, count: number): void {
    this.#denied.set(verdict, (this.#denied.get(verdict) ?? 0) + count);
  }

  started(origin: VmOrigin | "pool" | "unknown", ms: number): void {
    this.#start.observe(origin, ms / 1000);
  }

  claimed(pool: string, ms: number): void {
    this.#claim.observe(pool, ms / 1000);
  }

  refilled(pool: string, ms: number): void {
    this.#refill.observe(pool, ms / 1000);
  }

  rested(action: "pause" | "resume", ms: number): void {
    this.#rest.observe(action, ms / 1000);
  }

  refreshed(outcome: "tokens" | "grant" | "user" | "down", ms: number): void {
    this.#refresh.observe(outcome, ms / 1000);
  }

  profileMoved(step: "load" | "load_failed" | "save" | "save_failed", ms: number): void {
    this.#profile.observe(step, ms / 1000);
  }

  lines(): string[] {
    return [...this.#durations(), ...header(DENIED, "counter", DENIED_HELP), ...this.#deniedLines()];
  }

  #deniedLines(): string[] {
    return ["denied", "private"].map((verdict) =>
      sample(DENIED, { verdict }, this.#denied.get(verdict) ?? 0),
    );
  }

  #durations(): string[] {
    return [this.#start, this.#claim, this.#refill, this.#rest, this.#refresh, this.#profile].flatMap(
      (histogram) => histogram.lines(),
    );
  }
}
