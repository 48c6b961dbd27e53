import { command } from "../../check.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { foreignDropCheck } from "./foreign-drop-check.ts";

export const foreignBridgeDrop = foreignDropCheck(
  {
    code: "foreign-bridge-drop",
    title: "No other filter on the bridge drops our frames",
    breaks: WHOLE_PATH,
    explanation: {
      symptom:
        "Ping and TCP are dead, often with ARP alive; tcpdump shows the guest's answers on its TAP, but not on the bridge (or the host's packets on the bridge, but not on the TAP).",
      cause:
        "A table of nft's bridge family, or ebtables, that is not ours drops frames between the TAP and the bridge.",
      evidence:
        "`nft list ruleset` shows a table of family bridge beside ours, with a rule whose counter rises.",
      fix: command(
        "Accept our bridge in that chain before it drops, or delete the rule.",
        "what the rule was meant to stop may pass, too",
        "nft -a list ruleset",
      ),
    },
  },
  ({ family }) => family === "bridge",
);
