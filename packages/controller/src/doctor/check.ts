import * as ours from "@browservm/contract/doctor/check";
import type { LiveSight } from "./sight.ts";

export { command, fail, type Judgement, manual, type Seen, unknown } from "@browservm/contract/doctor/check";

/** One question about the live view, one file. Judges what the gateway reported, and asks nobody. */
export interface LiveCheck extends ours.Check<LiveSight> {
  readonly layer: "live";
  /** `gateway`: it is about the whole machine; `session`: about one session's picture. */
  readonly asks: "gateway" | "session";
  readonly breaks: readonly [];
  /** What hostd found and could not know the reason of: it is this one's symptom. */
  readonly explains?: readonly string[];
}

export const pass = (subject: string, excerpt: string) => ours.pass("gateway", subject, excerpt);
export const skip = (subject: string, excerpt: string) => ours.skip("gateway", subject, excerpt);
export const gatewaySaw = (subject: string, excerpt: string) => ours.seen("gateway", subject, excerpt);
