import type { VmId } from "@browservm/contract";
import type { Check } from "./check.ts";

/** What suppression knows of a check, whatever it judges. */
export type CheckTies = Pick<Check<never>, "code" | "dependsOn" | "breaks" | "shows">;

/** One check's outcome, about the host when there is no `vmId`. */
export interface Outcome {
  readonly check: CheckTies;
  readonly isFailed: boolean;
  readonly vmId?: VmId;
}

/**
 * For each outcome the codes of the root causes that explain it, in the order of `outcomes`; none for one that stands by
 * itself. An outcome is explained by every failed check that it depends on (however indirectly), and a symptom by every
 * failed check that breaks it: of the host, or of the same VM. A symptom of the host is explained by any VM's, too.
 * Failed checks that are explained themselves do not count, so that only root causes are named.
 */
export function suppress(outcomes: readonly Outcome[]): string[][] {
  const ties = new Map(outcomes.map(({ check }) => [check.code, check]));
  const closures = new Map([...ties.keys()].map((code) => [code, closureOf(code, ties)]));
  const failed = outcomes.filter(({ isFailed }) => isFailed);
  const explains = (cause: Outcome, effect: Outcome): boolean =>
    cause.check.code !== effect.check.code &&
    isNear(cause, effect) &&
    (isDependency(cause, effect, closures) || isBroken(cause, effect));
  const isRoot = (one: Outcome): boolean => !failed.some((cause) => explains(cause, one));
  const roots = failed.filter(isRoot);
  return outcomes.map((effect) => [
    ...new Set(roots.filter((cause) => explains(cause, effect)).map(({ check }) => check.code)),
  ]);
}

const isNear = (cause: Outcome, effect: Outcome): boolean =>
  cause.vmId === undefined ||
  cause.vmId === effect.vmId ||
  (effect.vmId === undefined && effect.check.shows !== undefined);

/** Two that depend on each other explain nothing. */
function isDependency(
  { check: cause }: Outcome,
  { check: effect }: Outcome,
  closures: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  return closures.get(effect.code)?.has(cause.code) === true && !closures.get(cause.code)?.has(effect.code);
}

const isBroken = ({ check: cause }: Outcome, { check: effect }: Outcome): boolean =>
  effect.shows !== undefined && cause.shows === undefined && cause.breaks.includes(effect.shows);

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
