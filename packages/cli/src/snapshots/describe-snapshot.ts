import type { Snapshot } from "@browservm/contract";
import { table } from "../table.ts";

/** Golden snapshots as a table, with why one failed. */
export function snapshotTable(snapshots: readonly Snapshot[]): string {
  if (snapshots.length === 0) return "No golden snapshots. `browservm image snapshot` makes one.";
  const rows = snapshots.map((snapshot) => [
    snapshot.id,
    stateOf(snapshot),
    `${snapshot.vcpus} × ${snapshot.memoryMib} MiB`,
    snapshot.vmm,
    snapshot.sizeMib === undefined ? "–" : `${Math.round(snapshot.sizeMib)} MiB`,
    String(snapshot.users),
    snapshot.madeAt ?? "–",
  ]);
  const reasons = snapshots.flatMap(({ id, reason }) =>
    reason ? [`! ${id}: ${reason.message} (${reason.code})\n  → ${reason.fix}`] : [],
  );
  return [table(["SNAPSHOT", "STATE", "SHAPE", "VMM", "DISK", "VMS", "MADE"], rows), ...reasons].join("\n");
}

function stateOf({ state, step, current }: Snapshot): string {
  if (state === "building") return step ? `building: ${step}` : state;
  return state === "ready" && !current ? "outdated" : state;
}
