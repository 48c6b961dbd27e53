import { type Check, fail, manual, pass, seen, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { aboutBridge, portsOf } from "./about-bridge.ts";

/** BR_PORT_BITS is 10, and port 0 is reserved (net/bridge/br_private.h). */
const MOST = 1023;
const NEARLY = Math.floor(MOST * 0.9);

const advice = manual(
  "Run more VMs on another host (or in another hostd with a bridge of its own), and remove leftover ports.",
);

export const bridgeFull: Check<HostSight> = {
  code: "bridge-full",
  layer: "bridge",
  title: "The bridge has room for more ports",
  dependsOn: [],
  breaks: [],
  explanation: {
    symptom: 'New VMs cannot be plugged in: "Exchange full" (EXFULL). Those that run are well.',
    cause: "A Linux bridge has at most 1023 ports.",
    evidence: "`ip link show master fcbr0` lists 1023 links.",
    fix: advice,
  },
  judge: aboutBridge((bridge, host) => {
    const ports = portsOf(bridge, host).length;
    const words = `${ports} of ${MOST} ports`;
    if (ports < NEARLY) return pass("netlink", `ports of ${bridge.name}`, words);
    const evidence = [seen("netlink", `ports of ${bridge.name}`, words)];
    return ports >= MOST
      ? fail(`${bridge.name} is full: ${words} are taken.`, evidence, advice)
      : warn(`${bridge.name} is nearly full: ${words} are taken.`, evidence, advice);
  }),
};
