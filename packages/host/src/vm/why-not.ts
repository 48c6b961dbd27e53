import { BrowserVmError, type Reason, toBrowserVmError, type VmState } from "@browservm/contract";
import type { VmFile } from "./vm-file.ts";

/** What a VM is on its way to `paused`, there, and back. */
export const RESTING: readonly VmState[] = ["pausing", "paused", "resuming"];

/** What whoever asks a VM that does not run is told. */
export function notRunning({ record: { id, state } }: VmFile): BrowserVmError {
  const isPaused = state === "pausing" || state === "paused";
  return new BrowserVmError(isPaused ? "VM_PAUSED" : "VM_NOT_READY", `VM ${id} is ${state}`, { state });
}

/** The gate already says why in the words of the table. */
export class GateFailed extends Error {
  readonly reason: Reason | undefined;

  constructor(reason: Reason | undefined) {
    super(reason?.message ?? "the gate failed");
    this.reason = reason;
  }
}

/** A failure as it is kept with the VM. */
export function toReason(error: unknown): Reason {
  if (error instanceof GateFailed && error.reason) return error.reason;
  const { code, message, fix, details } = toBrowserVmError(error);
  return { code, message, fix, ...(Object.keys(details).length > 0 ? { details: { ...details } } : {}) };
}
