import { AGENT_PORT } from "@browservm/contract";
import { type Check, fail, manual, pass, seen, skip } from "../../check.ts";
import type { VmSubject } from "../../sight/vm-sight.ts";
import { aboutProbe } from "../symptom/about-probe.ts";

const look = manual(
  "See in the guest who listens there (`ss -ltnp`), and restart browservm-agent. If only large answers are lost, see path-mtu.",
);

export const agentMute: Check<VmSubject> = {
  code: "agent-mute",
  layer: "service",
  title: "What listens on the agent's port is an agent",
  dependsOn: ["guest-silent", "guest-out-of-memory", "address-duplicate", "path-mtu", "guest-frozen"],
  breaks: ["service"],
  explanation: {
    symptom: "The port is open, and no answer comes, or one that is not the agent's.",
    cause: "The agent's HTTP server hangs, or another program took its port.",
    evidence: "TCP connects, and `GET /nonce` gives nothing that an agent would say.",
    fix: look,
  },
  judge: aboutProbe(({ toGuest: { agent, nonce } }, { vm }) => {
    const way = `http://${vm.address.ip}:${AGENT_PORT}`;
    if (agent !== "open") return skip("tcp", way, agent);
    if (nonce !== "none") return pass("http", way, `answers: ${nonce}`);
    return fail(`Port ${AGENT_PORT} of the guest is open, but no agent answers there.`, [
      seen("http", way, "no nonce"),
    ]);
  }),
};
