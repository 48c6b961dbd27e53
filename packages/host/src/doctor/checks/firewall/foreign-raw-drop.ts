import { command } from "../../check.ts";
import { foreignDropCheck } from "./foreign-drop-check.ts";
import { IP, LOCAL } from "./places.ts";

export const foreignRawDrop = foreignDropCheck(
  {
    code: "foreign-raw-drop",
    title: "No early rule of another program drops what comes from guests",
    breaks: [...LOCAL, "egress", "dns"],
    explanation: {
      symptom:
        "ARP resolves both ways; ping and TCP are dead. The input chains show nothing, for the packets end before them.",
      cause:
        "A rule in a prerouting chain (raw, mangle, or a translation) drops what comes from our bridge, before connection tracking or routing sees it.",
      evidence:
        "The rule's counter rises (`nft list ruleset`, `iptables -t raw -nvL`); TAP and bridge both count received packets.",
      fix: command(
        "Accept our bridge in that chain before it drops, or delete the rule.",
        "what the rule was meant to stop may pass, too",
        "nft -a list ruleset",
      ),
    },
  },
  ({ family, hook }) => IP.includes(family) && hook === "prerouting",
);
