import { auto, type Check, fail, pass, seen } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { aboutBridge } from "./about-bridge.ts";

const repair = (bridge: string) =>
  auto(
    "Switch VLAN filtering off: our guests use no VLANs.",
    `ip link set ${bridge} type bridge vlan_filtering 0`,
  );

export const bridgeVlanFiltering: Check<HostSight> = {
  code: "bridge-vlan-filtering",
  layer: "bridge",
  title: "The bridge does not sort frames by VLAN",
  dependsOn: [],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "ARP fails both ways, although carriers are up, the port forwards, and the forwarding table even has the guest's MAC.",
    cause:
      "VLAN filtering was switched on, and a port's VLAN (pvid) is not the bridge's own: their frames never meet. While all of them are in VLAN 1 nothing happens yet.",
    evidence:
      "`ip -d link show fcbr0` says `vlan_filtering 1`; `bridge vlan show` tells who is in which VLAN.",
    fix: repair("fcbr0"),
  },
  judge: aboutBridge((bridge, { fdb }) => {
    if (!bridge.bridge?.vlanFiltering) return pass("netlink", `link ${bridge.name}`, "vlan_filtering 0");
    const vlans = [...new Set(fdb.flatMap(({ vlan }) => (vlan === undefined ? [] : [vlan])))];
    return fail(
      `${bridge.name} filters by VLAN, so guests outside its own VLAN are cut off.`,
      [
        seen(
          "netlink",
          `link ${bridge.name}`,
          `vlan_filtering 1; VLANs with MACs: ${vlans.join(", ") || "none"}`,
        ),
      ],
      repair(bridge.name),
    );
  }),
};
