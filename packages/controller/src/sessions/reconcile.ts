import type { SessionId, Vm, VmId } from "@browservm/contract";
import { awaitsClaim, type SessionRecord } from "./session-record.ts";
import { isLive } from "./session-status.ts";

/** One thing to do so that sessions and hostd's VMs agree. */
export type ReconcileStep =
  /** hostd has the VM: take over what it says now, for events have come since it was listed. */
  | { readonly do: "look"; readonly vmId: VmId }
  /** We died between writing the session down and asking for its VM, or for one that was chosen in a pool. */
  | { readonly do: "launch"; readonly sessionId: SessionId }
  /** hostd has the VM no longer. */
  | { readonly do: "lost"; readonly sessionId: SessionId }
  /** The session was to end, and has not yet. */
  | { readonly do: "end"; readonly sessionId: SessionId }
  /** A VM that no living session wants. */
  | { readonly do: "remove"; readonly vmId: VmId };

/** What to do, given our sessions and hostd's VMs. VMs of no session of ours are not ours to touch. */
export function planReconcile(
  sessions: readonly SessionRecord[],
  vms: readonly Vm[],
  now: string,
): ReconcileStep[] {
  const vmById = new Map(vms.map((vm) => [vm.id, vm]));
  return sessions.flatMap((session) => planOne(session, vmById.get(session.vmId), now));
}

function planOne(session: SessionRecord, vm: Vm | undefined, now: string): ReconcileStep[] {
  const { id: sessionId, status } = session;
  if (status === "ending") return [{ do: "end", sessionId }];
  if (isLive(status)) {
    if (awaitsClaim(session)) return [{ do: "launch", sessionId }];
    if (vm) return [{ do: "look", vmId: vm.id }];
    return [session.vm === null ? { do: "launch", sessionId } : { do: "lost", sessionId }];
  }
  // A failed VM is kept until its session's time is over, for its logs; longer only when that was asked for.
  const isKept = status === "failed" && (session.expiresAt > now || session.request.keepFailed === true);
  return vm && !isKept ? [{ do: "remove", vmId: vm.id }] : [];
}
