import type { Fault } from "./fault.ts";
import { ADDRESS_FAULTS } from "./faults/address.ts";
import { BRIDGE_FAULTS } from "./faults/bridge.ts";
import { EGRESS_FAULTS } from "./faults/egress.ts";
import { FIREWALL_FAULTS } from "./faults/firewall.ts";
import { GUEST_FAULTS } from "./faults/guest.ts";
import { HOST_FAULTS } from "./faults/host.ts";
import { SERVICE_FAULTS } from "./faults/service.ts";
import { TAP_FAULTS } from "./faults/tap.ts";
import { VMM_FAULTS } from "./faults/vmm.ts";

/** Every fault that the laboratory injects. A new one is one object in one of these files. */
export const FAULTS: readonly Fault[] = [
  ...VMM_FAULTS,
  ...TAP_FAULTS,
  ...BRIDGE_FAULTS,
  ...ADDRESS_FAULTS,
  ...FIREWALL_FAULTS,
  ...GUEST_FAULTS,
  ...SERVICE_FAULTS,
  ...HOST_FAULTS,
  ...EGRESS_FAULTS,
];

/** Independent faults that are injected together: both must be named. */
export const PAIRS: ReadonlyArray<readonly [string, string]> = [
  ["tap-unplugged", "unit-failed"],
  ["tap-small-mtu", "guest-two-authorities"],
  ["bridge-down", "guest-disk-full"],
  ["input-drop", "injected-file-missing"],
  ["neighbour-set-by-hand", "environment-unparsable"],
  ["rules-flushed", "guest-out-of-memory"],
  ["proxy-arp-on", "agent-port-refused"],
  ["guest-firewall-drops", "rp-filter-off"],
  ["tap-down", "guest-read-only"],
  ["port-disabled", "proxy-arp-on"],
  ["guest-small-mtu", "port-not-isolated"],
  ["arp-drop", "guest-wrong-gateway"],
];

export const faultNamed = (name: string): Fault => {
  const fault = FAULTS.find((one) => one.name === name);
  if (!fault) throw new Error(`no fault is called ${name}`);
  return fault;
};
