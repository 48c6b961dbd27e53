import { AGENT_PORT } from "@browservm/contract";
import { type Check, fail, manual, pass, seen } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutProbe } from "../symptom/about-probe.ts";

const start = manual(
  "The network is well: look at the service. In the guest: `systemctl status browservm-agent`, `journalctl -u browservm-agent`.",
);

export const agentPortRefused: Check<VmSubject> = {
  code: "agent-port-refused",
  layer: "service",
  title: "The agent listens on its port",
  dependsOn: [
    "guest-silent",
    "guest-out-of-memory",
    "guest-firewall",
    "address-duplicate",
    "wrong-vm-answers",
    "route-stolen",
  ],
  breaks: ["service"],
  explanation: {
    symptom: "Connection refused.",
    cause:
      "A reset came back, so packets pass both ways and the guest's kernel answers: nobody listens on the port. The agent's HTTP server did not start or has ended.",
    evidence:
      "connect() says ECONNREFUSED at once, where a network fault would say timeout or No route to host.",
    fix: start,
  },
  judge: aboutProbe(({ toGuest }, { vm }) => {
    const way = `host → ${vm.address.ip}:${AGENT_PORT}`;
    if (toGuest.agent !== "refused") return pass("tcp", way, toGuest.agent);
    return fail(
      `Port ${AGENT_PORT} of the guest refuses: the network works, and nobody listens there.`,
      [
        seen("tcp", way, "refused (a reset came back)"),
        seen(
          "control-channel",
          "the agent",
          "silent" in vm.guest ? vm.guest.silent : "answers on the channel",
        ),
      ],
      start,
    );
  }),
};
