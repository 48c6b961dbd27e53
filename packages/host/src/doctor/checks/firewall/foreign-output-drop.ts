import { command } from "../../check.ts";
import { foreignDropCheck } from "./foreign-drop-check.ts";
import { IP, LOCAL } from "./places.ts";

export const foreignOutputDrop = foreignDropCheck(
  {
    code: "foreign-output-drop",
    title: "No other firewall drops what the host sends to guests",
    breaks: LOCAL,
    explanation: {
      symptom:
        "ARP resolves, ping and TCP towards the guest are dead; on this host sendto() fails at once with EPERM (Operation not permitted).",
      cause:
        "A rule in an output or postrouting chain of another program drops packets that leave by our bridge.",
      evidence: "A local `ping` says Operation not permitted; `Ip OutDiscards` and the rule's counter rise.",
      fix: command(
        "Accept our bridge in that chain before it drops, or delete the rule.",
        "what the rule was meant to stop may pass, too",
        "nft -a list ruleset",
      ),
    },
  },
  ({ family, hook, type }) =>
    IP.includes(family) && (hook === "output" || (hook === "postrouting" && type !== "nat")),
);
