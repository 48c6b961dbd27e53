import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { describeLink } from "../tap/find-tap.ts";
import { aboutBridge, portsOf, seenBridge } from "./about-bridge.ts";

const advice = manual(
  "Look at each TAP's own findings: who holds it, is it up, is it on this bridge, does its port forward?",
);

export const bridgeNoCarrier: Check<HostSight> = {
  code: "bridge-no-carrier",
  layer: "bridge",
  title: "The bridge has carrier while a VM runs",
  dependsOn: ["bridge-missing", "bridge-wrong-kind", "bridge-down", "bridge-stp"],
  breaks: [],
  shows: "carrier",
  explanation: {
    symptom:
      "`ip link` says NO-CARRIER at the bridge, the route to the guests is `linkdown`, tcpdump on the bridge shows nothing, and its tx_dropped rise.",
    cause:
      "A bridge has carrier exactly while one of its ports forwards. All plugged TAPs are zombies without a VMM, or the live TAP is not on this bridge, or STP holds its port back. That TAPs are UP says nothing: UP is what was asked for, carrier is what there is. Without VMs it is normal.",
    evidence: "`bridge link` shows no port of the bridge in state `forwarding`.",
    fix: advice,
  },
  judge: aboutBridge((bridge, host) => {
    if (bridge.carrier) return pass("netlink", `link ${bridge.name}`, "LOWER_UP");
    const live = host.held.filter(({ address }) => host.holders.some(({ tap }) => tap === address.tap));
    if (live.length === 0)
      return skip("netlink", `link ${bridge.name}`, "NO-CARRIER, as it must be without VMs");
    const ports = portsOf(bridge, host).filter(({ port }) => port?.state === 3);
    return fail(
      `${bridge.name} has no carrier although ${live.length === 1 ? "a VM runs" : `${live.length} VMs run`}: ${
        ports.length === 0
          ? "none of its ports forwards"
          : "a port forwards, but the bridge does not say so yet"
      }.`,
      [seenBridge(bridge, host), ...live.slice(0, 8).map(({ address }) => seenPort(address.tap, host))],
      advice,
    );
  }),
};

function seenPort(tap: string, { links }: HostSight) {
  const link = links.find(({ name }) => name === tap);
  return seen("netlink", `link ${tap}`, link ? describeLink(link, links) : "no such link");
}
