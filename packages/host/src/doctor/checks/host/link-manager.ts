import { type Check, command, pass, seen, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

/** Names in /proc/PID/comm of those that set links up and down, move and readdress them. */
const MANAGERS = ["NetworkManager", "systemd-network", "connmand", "dhcpcd"];

const leaveAlone = (bridge: string) =>
  command(
    "Tell it to leave our links alone.",
    "none",
    `printf '[Match]\\nName=${bridge} bv-* bvm-*\\n[Link]\\nUnmanaged=yes\\n' > /etc/systemd/network/05-browservm.network && networkctl reload`,
    `printf '[keyfile]\\nunmanaged-devices=interface-name:${bridge};interface-name:bv-*;interface-name:bvm-*\\n' > /etc/NetworkManager/conf.d/browservm.conf && nmcli general reload`,
  );

export const linkManager: Check<HostSight> = {
  code: "link-manager",
  layer: "host",
  title: "No other program manages links where ours are",
  dependsOn: [],
  breaks: [],
  explanation: {
    symptom: "It worked, and then it did not: a TAP is down, off the bridge, or has an address.",
    cause:
      "NetworkManager, systemd-networkd or another manager runs in the network namespace of the bridge. Unless told otherwise, it may take links of ours for its own.",
    evidence: "A process of that name in hostd's network namespace.",
    fix: leaveAlone("fcbr0"),
  },
  judge: ({ managers, plan }) => {
    const found = managers.filter((words) => MANAGERS.some((name) => words.startsWith(`${name} `)));
    if (found.length === 0) return pass("procfs", "link managers in this namespace", "none");
    return warn(
      `${found.join(", ")} runs in the network namespace of ${plan.bridge}, and may change our links.`,
      [seen("procfs", "link managers in this namespace", found.join(", "))],
      leaveAlone(plan.bridge),
    );
  },
};
