import { type Check, fail, manual, pass, seen, skip, warn } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { IP_PATH } from "../vmm/breaks.ts";
import { aboutLink, UNHEARD } from "./about-guest.ts";

const forget = (gateway: string) =>
  manual(
    `Let the guest forget it: \`ip neigh del ${gateway} dev eth0\` inside. An entry that is not permanent heals by itself.`,
  );

export const guestNeighbourWrong: Check<VmSubject> = {
  code: "guest-neighbour-wrong",
  layer: "guest",
  title: "The guest holds the bridge's MAC for its gateway",
  dependsOn: [
    ...UNHEARD,
    "tap-replaced",
    "tap-not-persistent",
    "tap-orphan",
    "tap-wrong-bridge",
    "bridge-missing",
    "bridge-wrong-kind",
    "bridge-mac",
    // A route or an address on the TAP makes the host answer there, with the TAP's MAC.
    "route-stolen",
    "route-overlap",
    "tap-address",
    "guest-link-down",
    "guest-address-missing",
    "guest-address-wrong",
  ],
  breaks: IP_PATH,
  explanation: {
    symptom: "In the guest ARP looks perfect (REACHABLE, or PERMANENT), and nothing it sends arrives.",
    cause:
      "The guest sends to a MAC that is not the bridge's. The TAP's own MAC: the TAP is, or was, not on the bridge, and the host answered ARP on it all the same. Any other: a permanent entry, a snapshot's memory of another host, or somebody who answers in the gateway's name. (The bridge's MAC while IP is dead speaks for a firewall or a route instead.)",
    evidence: "`ip neigh` in the guest against `ip link show fcbr0`.",
    fix: forget("192.168.100.1"),
  },
  judge: aboutLink((_, { network }, { host, vm }) => {
    const { gateway, tap } = vm.address;
    const entry = network.neighbours.find(({ ip }) => ip === gateway);
    const mac = entry?.mac?.toLowerCase();
    if (!entry || !mac)
      return skip("control-channel", `the guest's neighbour ${gateway}`, entry?.state ?? "no entry");
    const words = `${gateway} lladdr ${mac} ${entry.state}`;
    const right = host.bridge?.mac ?? host.plan.bridgeMac;
    if (mac === right) return pass("control-channel", `the guest's neighbour ${gateway}`, words);
    if (vm.probe?.fromGuest?.gateway.ok)
      return pass("control-channel", `the guest's neighbour ${gateway}`, `${words}, and the gateway answers`);
    const tapMac = host.links.find(({ name }) => name === tap)?.mac;
    const whose =
      mac === tapMac ? `that is ${tap}'s own MAC, so it was not on the bridge` : "that is nobody's here";
    // An entry that the guest is about to ask for again is left from before: no proof of a fault now.
    const told = ["STALE", "DELAY", "PROBE"].includes(entry.state.toUpperCase()) ? warn : fail;
    return told(
      `The guest holds ${mac} (${entry.state}) for its gateway, not the bridge's ${right}: ${whose}.`,
      [
        seen("control-channel", `the guest's neighbour ${gateway}`, words),
        seen("netlink", `link ${host.plan.bridge}`, `MAC ${right}`),
        ...(tapMac ? [seen("netlink", `link ${tap}`, `MAC ${tapMac}`)] : []),
      ],
      forget(gateway),
    );
  }),
};
