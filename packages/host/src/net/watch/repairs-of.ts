import type { Repair } from "@browservm/contract";
import type { LostTap, Mended } from "../keeper.ts";
import { type Because, describeStep, faultOf } from "../plan.ts";
import type { Decision } from "./back-off.ts";

/** How one look went, and when its first sign was seen (milliseconds since the epoch). */
export interface Round {
  readonly mended: Mended;
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly began: number;
  readonly ended: number;
  /** Asked only when a fault could not be mended for good. */
  readonly suspects: () => string[];
}

/** What is to be told of one look: a record for each fault that was repaired, or could not be. */
export function repairsOf(round: Round): Repair[] {
  const { mended, decisions } = round;
  return [
    ...mended.lost.map((lost) => lostTap(lost, round)),
    ...[...decisions].flatMap(([fault, decision]) => repairOf(fault, decision, round)),
  ];
}

function lostTap({ vmId, tap, isReplaced }: LostTap, round: Round): Repair {
  const code = isReplaced ? "tap-replaced" : "tap-missing";
  const now = isReplaced ? ", and another link has its name now" : "";
  const because = { code, cause: `${tap} was deleted under its VMM${now}`, vmId };
  return record(round, { because, step: "", outcome: "not-repairable", suspects: round.suspects() });
}

function repairOf(fault: string, decision: Decision, round: Round): Repair[] {
  const { planned, ran, left } = round.mended;
  const because = planned.find((step) => faultOf(step) === fault)?.because;
  if (!because || decision === "wait") return [];
  if (decision === "give-up")
    return [record(round, { because, step: "", outcome: "held-off", suspects: round.suspects() })];
  const done = ran.filter(({ step }) => faultOf(step) === fault);
  if (done.length === 0) return []; // its TAP is being removed
  const words = done.map(({ step }) => describeStep(step)).join("; ");
  if (!left.some((step) => faultOf(step) === fault))
    return [record(round, { because, step: words, outcome: "repaired", suspects: [] })];
  const failure = done.find(({ error }) => error)?.error?.message ?? "it is broken again";
  return [
    record(round, { because, step: `${words}: ${failure}`, outcome: "failed", suspects: round.suspects() }),
  ];
}

interface Told {
  readonly because: Because;
  readonly step: string;
  readonly outcome: Repair["outcome"];
  readonly suspects: string[];
}

function record({ began, ended }: Round, { because, step, outcome, suspects }: Told): Repair {
  const { code, cause, vmId } = because;
  return {
    at: new Date(ended).toISOString(),
    code,
    cause: cause.slice(0, 500),
    step: step.slice(0, 200),
    ...(vmId ? { vmId } : {}),
    outcome,
    tookMs: ended - began,
    suspects,
  };
}
