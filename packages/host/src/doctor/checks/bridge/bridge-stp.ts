import { auto, type Check, fail, pass, seen } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { aboutBridge, portsOf } from "./about-bridge.ts";

const repair = (bridge: string) =>
  auto(
    "Switch STP off: behind this bridge there can be no loop.",
    `ip link set ${bridge} type bridge stp_state 0`,
  );

export const bridgeStp: Check<HostSight> = {
  code: "bridge-stp",
  layer: "bridge",
  title: "The bridge does not run the spanning tree protocol",
  dependsOn: [],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom:
      "A new VM is dead for 30 s and then works; meanwhile its TAP has carrier, its port listens or learns, and the bridge is NO-CARRIER. Or everything stops for 30 s at once.",
    cause:
      "STP was switched on (by brctl, a network manager's default, or a script). Each port then waits twice the forward delay of 15 s before it forwards.",
    evidence: "`ip -d link show fcbr0` says `stp_state 1`.",
    fix: repair("fcbr0"),
  },
  judge: aboutBridge((bridge, host) => {
    if (!bridge.bridge?.stp) return pass("netlink", `link ${bridge.name}`, "stp_state 0");
    const waiting = portsOf(bridge, host).filter(({ port, carrier }) => carrier && port?.state !== 3);
    const states = waiting.map(({ name, port }) => `${name} in state ${port?.state}`);
    return fail(
      `${bridge.name} runs STP: ports wait 30 s before they forward.`,
      [seen("netlink", `link ${bridge.name}`, `stp_state 1; waiting: ${states.join(", ") || "none"}`)],
      repair(bridge.name),
    );
  }),
};
