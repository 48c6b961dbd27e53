import type { VmState } from "@browservm/contract";
import type { Check } from "./check.ts";
import type { VmSight } from "./sight/vm-sight.ts";

/** There is no path yet, or it is being taken apart. */
const PATHLESS: readonly VmState[] = [
  "creating",
  // Behind its fence until it has an identity of its own.
  "restoring",
  "pausing",
  "paused",
  "resuming",
  "stopping",
  "stopped",
];
const STARTING: readonly VmState[] = ["booting"];
const INSIDE: readonly string[] = ["guest", "egress", "dns", "mtu", "service"];
/** What a guest's console tells at any time. */
const TOLD_BY_CONSOLE: readonly string[] = ["guest-panic", "guest-out-of-memory"];

export const isPathless = (state: VmState): boolean => PATHLESS.includes(state);

type Question = Pick<Check<never>, "code" | "layer" | "shows">;

/** Why a question does not arise in this VM's state. */
export function excuseOf(
  { code, layer, shows }: Question,
  { state, vmm, reason }: VmSight,
): string | undefined {
  if (isPathless(state)) return `the VM is ${state}`;
  if (state === "failed" && !vmm.alive && layer !== "vmm" && !TOLD_BY_CONSOLE.includes(code))
    return `the VM has failed: ${reason?.message ?? "no reason was kept"}`;
  const isInside = INSIDE.includes(layer) || shows !== undefined;
  if (STARTING.includes(state) && isInside && !TOLD_BY_CONSOLE.includes(code)) return `the VM is ${state}`;
  return undefined;
}
