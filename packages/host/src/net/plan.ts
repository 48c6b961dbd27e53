import { bridgeGone, isStranger, planBridge } from "./plan/bridge-steps.ts";
import type { CurrentNetwork, NetworkTarget } from "./plan/network-target.ts";
import { planCanary, planTaps } from "./plan/port-steps.ts";
import { planNeighbours, planRoutes } from "./plan/route-steps.ts";
import { planRules } from "./plan/rule-steps.ts";
import { planSysctls } from "./plan/setting-steps.ts";
import type { NetStep } from "./plan/step.ts";

export { elementKey, elementsOfVm, keyOfElement, strayEgress } from "./plan/elements.ts";
export type {
  BridgeTarget,
  CanaryTarget,
  CurrentNetwork,
  HeldAddress,
  NetworkTarget,
} from "./plan/network-target.ts";
export { isPlugged } from "./plan/port-steps.ts";
export { type Because, describeStep, faultOf, type NetStep } from "./plan/step.ts";

/**
 * The steps that are missing from `current` to `target`, in a safe order, each with the doctor's code for its cause.
 * Pure, and idempotent: planned again after its steps ran, it is empty; run to any point, the next plan is the rest.
 */
export function planNetwork(current: CurrentNetwork, target: NetworkTarget): NetStep[] {
  // Another program's link under the bridge's name is not ours to change, and nothing can be plugged into it.
  if (isStranger(current)) return [...planSysctls(current, target), ...planRules(current, target)];
  const gone = bridgeGone(current, target);
  return [
    ...(gone ? [{ do: "createBridge", bridge: target.bridge, because: gone } as const] : []),
    ...planSysctls(current, target),
    ...planRules(current, target),
    ...planBridge(current, target),
    ...planTaps(current, target),
    ...planRoutes(current, target),
    ...planNeighbours(current, target),
    ...planCanary(current, target),
  ];
}
