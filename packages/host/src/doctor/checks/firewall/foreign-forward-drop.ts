import { command } from "../../check.ts";
import { foreignDropCheck } from "./foreign-drop-check.ts";
import { IP } from "./places.ts";

export const foreignForwardDrop = foreignDropCheck(
  {
    code: "foreign-forward-drop",
    title: "No other firewall drops what guests send to the internet",
    breaks: ["egress", "dns"],
    explanation: {
      symptom:
        "Host and guest reach each other, but the guest reaches nothing outside: its packets time out.",
      cause:
        "Docker, ufw and others set the policy of the forward chain to drop and accept only what they know; our bridge is not among it. A drop in any chain wins over every accept elsewhere, so our own accept does not help.",
      evidence:
        "`nft list ruleset` (or `iptables -S FORWARD`) shows policy drop and no accept for our bridge.",
      fix: command(
        "Accept our bridge in that chain before it drops, or delete the rule.",
        "what the rule was meant to stop may pass, too",
        "nft -a list ruleset",
      ),
    },
  },
  ({ family, hook }) => IP.includes(family) && hook === "forward",
);
