import type { Check } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { egressProxy } from "./egress-proxy.ts";
import { egressRules } from "./egress-rules.ts";
import { forwardingOff } from "./forwarding-off.ts";
import { masqueradeMissing } from "./masquerade-missing.ts";
import { noDefaultRoute } from "./no-default-route.ts";
import { uplinkMissing } from "./uplink-missing.ts";
import { uplinkStale } from "./uplink-stale.ts";

export const EGRESS_HOST_CHECKS: readonly Check<HostSight>[] = [
  uplinkStale,
  uplinkMissing,
  noDefaultRoute,
  forwardingOff,
  masqueradeMissing,
];
export const EGRESS_VM_CHECKS: readonly Check<VmSubject>[] = [egressRules, egressProxy];
