import { auto, type Check, fail, pass, seen, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { aboutBridge, portsOf } from "./about-bridge.ts";

const repair = (bridge: string, mtu: number) =>
  auto("Give the bridge the MTU of the plan.", `ip link set ${bridge} mtu ${mtu}`);

export const bridgeMtu: Check<HostSight> = {
  code: "bridge-mtu",
  layer: "bridge",
  title: "The bridge has the planned MTU",
  dependsOn: [],
  breaks: ["large-packets"],
  explanation: {
    symptom:
      "Ping and TCP work; large packets that may not be fragmented are refused on the host (Message too long), for every VM. From guest to host all sizes pass.",
    cause:
      "The bridge's MTU is smaller than the guests'. Unless it was set by hand, a bridge follows its port with the smallest MTU.",
    evidence:
      "`ip link show fcbr0` says another `mtu` than the plan; `bridge link` shows which port has the same.",
    fix: repair("fcbr0", 1500),
  },
  judge: aboutBridge((bridge, host) => {
    const { mtu } = host.plan;
    if (bridge.mtu === mtu) return pass("netlink", `link ${bridge.name}`, `mtu ${mtu}`);
    const low = portsOf(bridge, host).filter((port) => port.mtu === bridge.mtu);
    const evidence = [
      seen("netlink", `link ${bridge.name}`, `mtu ${bridge.mtu}`),
      ...low.map((port) => seen("netlink", `link ${port.name}`, `mtu ${port.mtu}`)),
    ];
    const fix = repair(bridge.name, mtu);
    const cause = `${bridge.name} has MTU ${bridge.mtu}, not ${mtu}`;
    // That VM's own check fails, and names the culprit.
    const culprit = low.find(({ name }) => host.held.some(({ address }) => address.tap === name));
    if (culprit) return warn(`${cause}, because it follows its port ${culprit.name}.`, evidence, fix);
    if (bridge.mtu > mtu)
      return warn(`${cause}; its ports have less, and drop larger packets.`, evidence, fix);
    const [stranger] = low;
    return fail(
      stranger ? `${cause}, because it follows its port ${stranger.name}.` : `${cause}.`,
      evidence,
      fix,
    );
  }),
};
