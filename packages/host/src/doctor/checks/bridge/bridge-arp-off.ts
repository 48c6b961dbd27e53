import { auto, type Check, fail, pass } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutBridge, seenBridge } from "./about-bridge.ts";

const repair = (bridge: string) => auto("Switch ARP on.", `ip link set ${bridge} arp on`);

export const bridgeArpOff: Check<HostSight> = {
  code: "bridge-arp-off",
  layer: "bridge",
  title: "The bridge speaks ARP",
  dependsOn: [],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "Guests cannot resolve the gateway, and the host has no neighbour entry for any guest, not even a failed one.",
    cause: "ARP is switched off at the bridge (NOARP): the host neither asks nor answers there.",
    evidence: "`ip link show fcbr0` shows NOARP between its angle brackets.",
    fix: repair("fcbr0"),
  },
  judge: aboutBridge((bridge, host) =>
    bridge.noArp
      ? fail(`ARP is switched off at ${bridge.name}.`, [seenBridge(bridge, host)], repair(bridge.name))
      : pass("netlink", `link ${bridge.name}`, "no NOARP"),
  ),
};
