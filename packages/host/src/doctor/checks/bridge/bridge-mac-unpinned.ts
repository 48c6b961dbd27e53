import { auto, type Check, pass, seen, unknown, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { aboutBridge } from "./about-bridge.ts";

const NET_ADDR_SET = 3; // linux/netdevice.h

const repair = (bridge: string, mac: string) =>
  auto(
    "Set the bridge's MAC by hand, even to what it is: that pins it.",
    `ip link set ${bridge} address ${mac}`,
  );

export const bridgeMacUnpinned: Check<HostSight> = {
  code: "bridge-mac-unpinned",
  layer: "bridge",
  title: "The bridge keeps its MAC when ports come and go",
  dependsOn: ["bridge-mac"],
  breaks: [],
  explanation: {
    symptom: "When one VM starts or ends, others lose the host for about 15 s, and nobody finds out why.",
    cause:
      "A bridge whose MAC was never set takes the lowest MAC among its ports. When that port goes, the MAC changes, and guests send to the old one until they ask again.",
    evidence: "`cat /sys/class/net/fcbr0/addr_assign_type` says another number than 3 (NET_ADDR_SET).",
    fix: repair("fcbr0", "MAC"),
  },
  judge: aboutBridge((bridge, { plan }) => {
    const type = bridge.addressAssignType;
    const where = `/sys/class/net/${bridge.name}/addr_assign_type`;
    if (type === NET_ADDR_SET) return pass("file", where, "3");
    if (type === undefined)
      return unknown(
        `Nobody can say whether the MAC of ${bridge.name} is pinned, for sysfs cannot be read.`,
        [seen("file", where, "not readable")],
      );
    return warn(
      `The MAC of ${bridge.name} is not pinned: it changes when the port with the lowest MAC goes.`,
      [seen("file", where, String(type))],
      repair(bridge.name, plan.bridgeMac),
    );
  }),
};
