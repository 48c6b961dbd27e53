import type { Check } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";

export const EGRESS_HOST_CHECKS: readonly Check<HostSight>[] = [];
export const EGRESS_VM_CHECKS: readonly Check<VmSubject>[] = [];
