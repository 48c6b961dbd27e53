import type { Check } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

export const BRIDGE_CHECKS: readonly Check<HostSight>[] = [];
