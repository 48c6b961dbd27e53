import { aboutViewers, checksOf, GATEWAY_DOWN, isSettled } from "../about.ts";
import type { LiveCheck } from "../check.ts";
import { open } from "./port-blocked.ts";

/** A browser asks by the way that it uses every few seconds, and prefers UDP. In milliseconds. */
const UNHEARD_MS = 10_000;

export const udpBlocked: LiveCheck = {
  code: "live-udp-blocked",
  layer: "live",
  asks: "session",
  title: "Viewers reach the port of WebRTC by UDP",
  dependsOn: [GATEWAY_DOWN, "live-port-closed"],
  breaks: [],
  explanation: {
    symptom: "Video comes by WebRTC over TCP: it stutters where packets are lost.",
    cause: "A firewall here or on the way drops UDP to the gateway's port, and lets TCP through.",
    evidence: "A viewer's pictures go by TCP, and for seconds not one check of ICE came by UDP.",
    fix: open,
  },
  judge: aboutViewers((viewer, { rtc }) => {
    const { transport, udpAgoMs } = viewer;
    if (!rtc || transport !== "tcp" || !isSettled(viewer)) return undefined;
    if (udpAgoMs !== null && udpAgoMs < UNHEARD_MS) return undefined;
    const since = udpAgoMs === null ? "" : ` for ${Math.round(udpAgoMs / 1000)} s`;
    return {
      cause: `nothing of it came to port ${rtc.port} by UDP${since}; pictures come by TCP, and wait for what is lost.`,
      excerpt: checksOf(viewer),
    };
  }),
};
