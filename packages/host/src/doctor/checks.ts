import type { Check } from "./check.ts";
import { ADDRESS_HOST_CHECKS, ADDRESS_VM_CHECKS } from "./checks/address/index.ts";
import { BRIDGE_CHECKS } from "./checks/bridge/index.ts";
import { DNS_VM_CHECKS } from "./checks/dns/index.ts";
import { EGRESS_HOST_CHECKS, EGRESS_VM_CHECKS } from "./checks/egress/index.ts";
import { FIREWALL_HOST_CHECKS, FIREWALL_VM_CHECKS } from "./checks/firewall/index.ts";
import { GUEST_CHECKS } from "./checks/guest/index.ts";
import { HOST_CHECKS as MACHINE_WIDE } from "./checks/host/index.ts";
import { MTU_CHECKS } from "./checks/mtu/index.ts";
import { SERVICE_CHECKS } from "./checks/service/index.ts";
import { SYMPTOM_CHECKS } from "./checks/symptom/index.ts";
import { TAP_CHECKS } from "./checks/tap/index.ts";
import { VMM_CHECKS } from "./checks/vmm/index.ts";
import type { HostSight } from "./sight/host-sight.ts";
import type { VmSubject } from "./sight/vm-sight.ts";

/** What is asked of the host's network, once. */
export const HOST_CHECKS: readonly Check<HostSight>[] = [
  ...MACHINE_WIDE,
  ...BRIDGE_CHECKS,
  ...ADDRESS_HOST_CHECKS,
  ...FIREWALL_HOST_CHECKS,
  ...EGRESS_HOST_CHECKS,
];

/** What is asked of each VM, from the VMM outwards and inwards. */
export const VM_CHECKS: readonly Check<VmSubject>[] = [
  ...VMM_CHECKS,
  ...TAP_CHECKS,
  ...ADDRESS_VM_CHECKS,
  ...FIREWALL_VM_CHECKS,
  ...GUEST_CHECKS,
  ...EGRESS_VM_CHECKS,
  ...DNS_VM_CHECKS,
  ...MTU_CHECKS,
  ...SERVICE_CHECKS,
  ...SYMPTOM_CHECKS,
];
