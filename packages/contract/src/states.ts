import { z } from "zod";

export const VmState = z.enum([
  "creating",
  "booting",
  "restoring",
  "verifying",
  "ready",
  "pausing",
  "paused",
  "resuming",
  "stopping",
  "stopped",
  "failed",
]);
export type VmState = z.infer<typeof VmState>;

/**
 * Transitions that the VM's story allows; anything else is a bug. A resume that fails leaves the VM paused while that
 * is still possible, also from `verifying`; a pause that hostd's end cut short is proven anew.
 */
export const VM_TRANSITIONS: Readonly<Record<VmState, readonly VmState[]>> = {
  creating: ["booting", "restoring", "stopping", "failed"],
  booting: ["verifying", "stopping", "failed"],
  // A snapshot that turns out to be damaged is booted instead; one that a dying hostd left half-way begins again.
  restoring: ["verifying", "creating", "stopping", "failed"],
  verifying: ["ready", "paused", "stopping", "failed"],
  ready: ["verifying", "pausing", "stopping", "failed"],
  pausing: ["paused", "ready", "verifying", "stopping", "failed"],
  paused: ["resuming", "stopping", "failed"],
  resuming: ["verifying", "paused", "stopping", "failed"],
  stopping: ["stopped", "failed"],
  stopped: [],
  failed: ["stopping"],
};

export const SessionStatus = z.enum(["pending", "ready", "paused", "ending", "ended", "failed"]);
export type SessionStatus = z.infer<typeof SessionStatus>;
