import { aboutViewers, checksOf, GATEWAY_DOWN, hasTriedRtc } from "../about.ts";
import type { LiveCheck } from "../check.ts";
import { open } from "./port-blocked.ts";

interface Words {
  readonly symptom: string;
  readonly effect: string;
}

/** Checks of ICE come by one of UDP and TCP, and by the other not one: browsers try both at once. */
const transportBlocked = (blocked: "udp" | "tcp", { symptom, effect }: Words): LiveCheck => {
  const name = blocked.toUpperCase();
  const works = blocked === "udp" ? "tcp" : "udp";
  return {
    code: `live-${blocked}-blocked`,
    layer: "live",
    asks: "session",
    title: `Viewers reach the port of WebRTC by ${name}`,
    dependsOn: [GATEWAY_DOWN, "live-port-closed"],
    breaks: [],
    explanation: {
      symptom,
      cause: `A firewall here or on the way drops ${name} to the gateway's port, and lets ${works.toUpperCase()} through.`,
      evidence: `Of one viewer, checks of ICE came by ${works.toUpperCase()} and none by ${name}.`,
      fix: open,
    },
    judge: aboutViewers((viewer, { rtc }) =>
      rtc && hasTriedRtc(viewer) && viewer.checks[works] > 0 && viewer.checks[blocked] === 0
        ? { cause: `nothing of it came to port ${rtc.port} by ${name}; ${effect}`, excerpt: checksOf(viewer) }
        : undefined,
    ),
  };
};

export const udpBlocked = transportBlocked("udp", {
  symptom: "Video comes by WebRTC over TCP: it stutters where packets are lost.",
  effect: "pictures come by TCP, and wait for what is lost.",
});
export const tcpBlocked = transportBlocked("tcp", {
  symptom: "Nothing yet: video comes by UDP.",
  effect: "where UDP is dropped too, WebRTC has nothing to fall back on.",
});
