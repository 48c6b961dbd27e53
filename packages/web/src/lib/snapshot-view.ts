import type { Snapshot } from "@browservm/contract";
import { buildStepWords } from "./launch-steps.ts";

/** What a golden snapshot is good for: one that is out of date stays only for those who run from it. */
export type SnapshotUse = "building" | "failed" | "old" | "serves";

export function snapshotUse({ state, current }: Snapshot): SnapshotUse {
  if (state !== "ready") return state;
  return current ? "serves" : "old";
}

/** The same in words, with who runs from it. */
export function snapshotWords(snapshot: Snapshot): string {
  const { step, users } = snapshot;
  const use = snapshotUse(snapshot);
  if (use === "building") return step ? `Being made: ${buildStepWords(step)}` : "Being made";
  if (use === "failed") return "It could not be made; sessions boot meanwhile";
  const used = users === 0 ? "nobody runs from it" : `${users} run${users === 1 ? "s" : ""} from it`;
  return use === "old" ? `Out of date, for something changed since: ${used}` : `In service: ${used}`;
}

/** All snapshots of a machine in two or three words. */
export function snapshotsSummary(snapshots: readonly Snapshot[]): string {
  const count = (use: SnapshotUse) => snapshots.filter((one) => snapshotUse(one) === use).length;
  if (count("building") > 0) return `${count("building")} being made`;
  return snapshots.length === 0 ? "" : `${count("serves")} in service`;
}
