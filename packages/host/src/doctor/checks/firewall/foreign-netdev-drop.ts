import { command } from "../../check.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { foreignDropCheck } from "./foreign-drop-check.ts";

export const foreignNetdevDrop = foreignDropCheck(
  {
    code: "foreign-netdev-drop",
    title: "No filter on the TAPs' or the bridge's own hooks drops our packets",
    breaks: WHOLE_PATH,
    explanation: {
      symptom:
        "The TAP counts packets of the guest, but the bridge does not; tcpdump on the TAP sees them all the same.",
      cause:
        "A chain of nft's netdev family sits on a TAP or on the bridge, before everything else, and drops.",
      evidence:
        "`nft list chains` shows a chain with `device` one of our links; the TAP's rx_packets rise, the bridge's do not.",
      fix: command(
        "Accept our bridge in that chain before it drops, or delete the rule.",
        "what the rule was meant to stop may pass, too",
        "nft -a list ruleset",
      ),
    },
  },
  ({ family, hook }) => family === "netdev" || hook === "ingress",
);
