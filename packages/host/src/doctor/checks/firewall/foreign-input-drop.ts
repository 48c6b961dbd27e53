import { command } from "../../check.ts";
import { foreignDropCheck } from "./foreign-drop-check.ts";
import { IP, LOCAL } from "./places.ts";

export const foreignInputDrop = foreignDropCheck(
  {
    code: "foreign-input-drop",
    title: "No other firewall drops what guests send to the host",
    breaks: LOCAL,
    explanation: {
      symptom:
        "ARP resolves both ways and every carrier is up, but ping and TCP are dead: the guest's answers arrive at the bridge and vanish. Where answers of known connections are accepted (ufw, cloud images), the host reaches the guest, but the guest not the host.",
      cause:
        "A host firewall (ufw, firewalld, an nftables.conf) drops in its input chain what comes from our bridge, by a rule or by its policy. ARP does not pass there, which is why it works.",
      evidence:
        "The rule's counter in `nft list ruleset` rises while pinging; TAP and bridge both count received packets.",
      fix: command(
        "Accept our bridge in that chain before it drops, or delete the rule.",
        "what the rule was meant to stop may pass, too",
        "nft -a list ruleset",
      ),
    },
  },
  ({ family, hook }) => IP.includes(family) && hook === "input",
);
