import { auto, type Check, fail, pass, seen } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { IP_PATH } from "../vmm/breaks.ts";
import { aboutBridge } from "./about-bridge.ts";

const repair = (bridge: string, mac: string) =>
  auto("Give the bridge the planned MAC, which also pins it.", `ip link set ${bridge} address ${mac}`);

export const bridgeMac: Check<HostSight> = {
  code: "bridge-mac",
  layer: "bridge",
  title: "The bridge has the planned MAC",
  dependsOn: [],
  breaks: IP_PATH,
  explanation: {
    symptom:
      "Guests that were running lose the host for some 15 s, though their gateway entry says REACHABLE or STALE all the while; then it heals by itself.",
    cause:
      "The bridge's MAC has changed (it was made again, or took over a port's), and guests still send to the old one until they ask again.",
    evidence:
      "`ip link show fcbr0` says another link/ether than the plan; the guests' gateway entry has the old one.",
    fix: repair("fcbr0", "MAC"),
  },
  judge: aboutBridge((bridge, { plan }) =>
    bridge.mac === plan.bridgeMac
      ? pass("netlink", `link ${bridge.name}`, `link/ether ${bridge.mac}`)
      : fail(
          `${bridge.name} has the MAC ${bridge.mac}, not ${plan.bridgeMac}.`,
          [seen("netlink", `link ${bridge.name}`, `link/ether ${bridge.mac}`)],
          repair(bridge.name, plan.bridgeMac),
        ),
  ),
};
