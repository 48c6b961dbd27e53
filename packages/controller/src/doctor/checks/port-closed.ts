import { aboutGateway, GATEWAY_DOWN } from "../about.ts";
import { command, fail, gatewaySaw, type LiveCheck, pass, skip } from "../check.ts";

const free = command(
  "Find who has the port, or set `media.port` to a free one, and start the gateway again.",
  "video by WebRTC stops for a moment",
  "ss -lnutp",
);

export const portClosed: LiveCheck = {
  code: "live-port-closed",
  layer: "live",
  asks: "gateway",
  title: "The gateway listens on its port of WebRTC",
  dependsOn: [GATEWAY_DOWN],
  breaks: [],
  explanation: {
    symptom: "The page says that the gateway does not serve WebRTC; video comes by WebSocket.",
    cause:
      "UDP or TCP of `media.port` could not be opened when the gateway started, mostly because another program has it.",
    evidence: "What the system said when the gateway opened the port.",
    fix: free,
  },
  judge: aboutGateway(({ rtc }) => {
    if (!rtc) return skip("media.port", "0: WebRTC is switched off");
    const words = `UDP and TCP ${rtc.port}`;
    if (rtc.problem === null) return pass(words, "open");
    return fail(
      `The port of WebRTC could not be opened: ${rtc.problem}.`,
      [gatewaySaw(words, rtc.problem)],
      free,
    );
  }),
};
