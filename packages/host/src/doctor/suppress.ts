import type { DoctorVerdict, VmId } from "@browservm/contract";
import type { Check } from "./check.ts";

/** What suppression knows of a check, whatever it judges. */
export type CheckTies = Pick<Check<never>, "code" | "dependsOn" | "breaks" | "shows">;

/** One check's outcome, about the host when there is no `vmId`. */
export interface Outcome {
  readonly check: CheckTies;
  readonly verdict: DoctorVerdict;
  readonly vmId?: VmId;
}

/**
 * For each outcome that is no pass the codes of the root causes that explain it, in the order of `outcomes`; none for
 * one that stands by itself. An outcome is explained by every failed check that it depends on (however indirectly), and
 * a symptom by every failed check that breaks it: of the host, or of the same VM. A symptom of the host is explained by
 * any VM's, too. What explains may be explained itself: only those at the beginning are named.
 */
export function suppress(outcomes: readonly Outcome[]): string[][] {
  const explainers = explainersIn(outcomes);
  return outcomes.map((effect) => (isTrouble(effect) ? rootsOf(effect, explainers) : []));
}

type Explainers = (effect: Outcome) => readonly Outcome[];

const isTrouble = ({ verdict }: Outcome): boolean => verdict !== "pass" && verdict !== "skip";

/** Walks back from what explains to what explains that. */
function rootsOf(effect: Outcome, explainers: Explainers): string[] {
  const seen = new Set<Outcome>([effect]);
  const open = [...explainers(effect)];
  const roots = new Set<string>();
  for (let cause = open.shift(); cause !== undefined; cause = open.shift()) {
    if (seen.has(cause)) continue;
    seen.add(cause);
    const further = explainers(cause);
    if (further.length === 0) roots.add(cause.check.code);
    open.push(...further);
  }
  return [...roots];
}

/** Whom each outcome is explained by directly. */
function explainersIn(outcomes: readonly Outcome[]): Explainers {
  const ties = new Map(outcomes.map(({ check }) => [check.code, check]));
  const closures = new Map([...ties.keys()].map((code) => [code, closureOf(code, ties)]));
  const failed = outcomes.filter(({ verdict }) => verdict === "fail");
  const byVm = Map.groupBy(failed, ({ vmId }) => vmId);
  const ofHost = byVm.get(undefined) ?? [];
  const near = ({ vmId, check }: Outcome): readonly Outcome[] => {
    if (vmId === undefined) return check.shows === undefined ? ofHost : failed;
    return [...ofHost, ...(byVm.get(vmId) ?? [])];
  };
  const known = new Map<Outcome, readonly Outcome[]>();
  return (effect) => {
    const found = known.get(effect) ?? near(effect).filter((cause) => explains(cause, effect, closures));
    known.set(effect, found);
    return found;
  };
}

const explains = ({ check: cause }: Outcome, { check: effect }: Outcome, closures: Closures): boolean =>
  cause.code !== effect.code && (isDependency(cause, effect, closures) || isBroken(cause, effect, closures));

type Closures = ReadonlyMap<string, ReadonlySet<string>>;

/** Two that depend on each other explain nothing. */
const isDependency = (cause: CheckTies, effect: CheckTies, closures: Closures): boolean =>
  closures.get(effect.code)?.has(cause.code) === true && !closures.get(cause.code)?.has(effect.code);

/** Nor does what a check breaks explain that on which it depends. */
const isBroken = (cause: CheckTies, effect: CheckTies, closures: Closures): boolean =>
  effect.shows !== undefined &&
  cause.shows === undefined &&
  cause.breaks.includes(effect.shows) &&
  !closures.get(cause.code)?.has(effect.code);

/** All codes that `code` depends on; codes that nobody checked lead no further. */
function closureOf(code: string, ties: ReadonlyMap<string, CheckTies>): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...(ties.get(code)?.dependsOn ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(ties.get(next)?.dependsOn ?? []));
  }
  return found;
}
