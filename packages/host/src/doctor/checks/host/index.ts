import type { Check } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

export const HOST_CHECKS: readonly Check<HostSight>[] = [];
