import { aboutViewers, checksOf, GATEWAY_DOWN } from "../about.ts";
import { command, type LiveCheck } from "../check.ts";
import { isUnreached, whyWrong } from "./announced-address.ts";

export const open = command(
  "Open UDP and TCP of `media.port` on this machine's firewall and on those between; a network that forbids both leaves the viewer at WebSocket.",
  "the port is then open to everybody",
  "nft list ruleset",
);

export const portBlocked: LiveCheck = {
  code: "live-port-blocked",
  layer: "live",
  asks: "session",
  title: "Viewers reach the port of WebRTC by UDP or TCP",
  dependsOn: [GATEWAY_DOWN, "live-port-closed", "live-announced-address"],
  breaks: [],
  explanation: {
    symptom: "WebRTC finds no way to the gateway; video comes by WebSocket.",
    cause: "A firewall here or on the way drops UDP and TCP to the gateway's port.",
    evidence:
      "A viewer offered, got an answer with an address of this machine, and not one check of ICE came, by UDP or by TCP.",
    fix: open,
  },
  judge: aboutViewers((viewer, { rtc }) =>
    rtc && isUnreached(viewer) && whyWrong(rtc) === undefined
      ? {
          cause: `nothing of it came to port ${rtc.port}, neither by UDP nor by TCP.`,
          excerpt: checksOf(viewer),
        }
      : undefined,
  ),
};
