import { auto, type Check, fail, pass } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { LINK_AND_PATH } from "../vmm/breaks.ts";
import { aboutBridge, seenBridge } from "./about-bridge.ts";

const repair = (bridge: string) => auto("Set the bridge up.", `ip link set ${bridge} up`);

export const bridgeDown: Check<HostSight> = {
  code: "bridge-down",
  layer: "bridge",
  title: "The bridge is up",
  dependsOn: [],
  breaks: LINK_AND_PATH,
  explanation: {
    symptom:
      "Every guest is dead at once: ping from the host is silent or goes to the default route, for the route to the guests has vanished; the guests cannot resolve the gateway. TAPs keep their carrier, their ports are disabled.",
    cause: "Somebody set the bridge down. Its address stays, its routes go.",
    evidence: "`ip link show fcbr0` lacks UP between its angle brackets.",
    fix: repair("fcbr0"),
  },
  judge: aboutBridge((bridge, host) =>
    bridge.up
      ? pass("netlink", `link ${bridge.name}`, "UP")
      : fail(`${bridge.name} is down.`, [seenBridge(bridge, host)], repair(bridge.name)),
  ),
};
