import { GATEWAY_DOWN } from "../about.ts";
import { command, fail, gatewaySaw, type LiveCheck, pass } from "../check.ts";

const start = (log: string) =>
  command(
    "`browservm up` starts it again by itself; if it keeps ending, its log in the state directory says why.",
    "none",
    `tail -n 50 ${log}`,
  );

export const gatewayDown: LiveCheck = {
  code: GATEWAY_DOWN,
  layer: "live",
  asks: "gateway",
  title: "The media gateway answers",
  dependsOn: [],
  breaks: [],
  explanation: {
    symptom: "The page shows pictures by VNC and says that there is no connection to the media gateway.",
    cause: "The gateway's process does not run, or does not answer on its socket.",
    evidence: "The controller's question on the gateway's Unix socket.",
    fix: start("/var/lib/browservm/logs/gateway.log"),
  },
  judge: ({ gateway }) =>
    "down" in gateway
      ? fail(
          "The media gateway does not answer.",
          [gatewaySaw("its socket", gateway.down)],
          start(gateway.log),
        )
      : pass("its socket", "answers"),
};
