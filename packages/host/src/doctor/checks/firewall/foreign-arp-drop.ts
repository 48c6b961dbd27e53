import { command } from "../../check.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { foreignDropCheck } from "./foreign-drop-check.ts";

export const foreignArpDrop = foreignDropCheck(
  {
    code: "foreign-arp-drop",
    title: "No ARP filter drops our ARP",
    breaks: WHOLE_PATH,
    explanation: {
      symptom:
        "The guest's or the host's ARP fails although all links, carriers and addresses are right; soon nothing passes.",
      cause: "arptables, or nft's arp family, drops ARP packets of our bridge.",
      evidence: "`nft list ruleset` shows a table of family arp with a rule whose counter rises.",
      fix: command(
        "Accept our bridge in that chain before it drops, or delete the rule.",
        "what the rule was meant to stop may pass, too",
        "nft -a list ruleset",
      ),
    },
  },
  ({ family }) => family === "arp",
);
