import type { SessionStatus, VmState } from "@browservm/contract";

/** What holds a VM or may still get one; these count against the limit. */
export const LIVE_STATUSES: readonly SessionStatus[] = ["pending", "ready", "paused", "ending"];

export const isLive = (status: SessionStatus): boolean => LIVE_STATUSES.includes(status);

const BY_VM: Readonly<Record<VmState, SessionStatus | "as-before">> = {
  creating: "as-before",
  booting: "as-before",
  restoring: "as-before",
  // A ready VM is verified anew after hostd was restarted, or after a pause: its user keeps what he had.
  verifying: "as-before",
  ready: "ready",
  pausing: "paused",
  paused: "paused",
  resuming: "paused",
  stopping: "ending",
  stopped: "ended",
  failed: "failed",
};

/** The session's status after hostd told the state of its VM. What is over stays over. */
export function statusAfter(current: SessionStatus, vm: VmState): SessionStatus {
  if (current === "ended" || current === "failed") return current;
  if (current === "ending") return vm === "stopped" ? "ended" : "ending";
  const next = BY_VM[vm];
  return next === "as-before" ? current : next;
}
