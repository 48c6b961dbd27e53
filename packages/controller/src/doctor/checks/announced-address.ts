import type { RtcReport } from "@browservm/contract";
import { aboutViewers, checksOf, GATEWAY_DOWN, hasTriedRtc } from "../about.ts";
import { type LiveCheck, manual } from "../check.ts";
import type { ViewerSight } from "../sight.ts";

const set = manual(
  "Set `media.announce` to the address under which viewers reach this machine (and `media.listen`, if it is only loopback), and start the gateway again.",
  "video by WebRTC stops for a moment",
);

export const announcedAddress: LiveCheck = {
  code: "live-announced-address",
  layer: "live",
  asks: "session",
  title: "Viewers are told an address under which they reach the gateway",
  dependsOn: [GATEWAY_DOWN, "live-port-closed"],
  breaks: [],
  explanation: {
    symptom: "WebRTC never connects from other machines, or from outside; video comes by WebSocket.",
    cause:
      "The gateway announces an address that is not this machine's, or loopback only, so that viewers send to nobody.",
    evidence:
      "A viewer offered, got an answer, and not one packet came to the port; none of the announced addresses can be right.",
    fix: set,
  },
  judge: aboutViewers((viewer, { rtc }) => {
    if (!rtc || !isUnreached(viewer)) return undefined;
    const cause = whyWrong(rtc);
    const told = rtc.addresses.map(({ address }) => address).join(", ");
    return cause ? { cause, excerpt: `${checksOf(viewer)}; announced: ${told}` } : undefined;
  }),
};

/** It tried, and not a packet of it came. */
export const isUnreached = (viewer: ViewerSight): boolean =>
  hasTriedRtc(viewer) &&
  viewer.checks.udp + viewer.checks.tcp === 0 &&
  viewer.refused?.what !== "signal/offer";

/** Why none of the announced addresses can lead a viewer here; undefined when one may. */
export function whyWrong({ addresses }: RtcReport): string | undefined {
  const told = addresses.map(({ address }) => address).join(", ");
  if (addresses.every(({ address }) => isLoopback(address)))
    return `it is told ${told || "no address"}, which leads nowhere but to the viewer's own machine.`;
  if (addresses.every(({ address, isLocal }) => !isLocal || isLoopback(address)))
    return `it is told ${told}, which is no address of this machine, and nothing came through.`;
  return undefined;
}

const isLoopback = (address: string): boolean => /^(127\.|::1$|localhost$)/.test(address);
