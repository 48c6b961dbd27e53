import { type Check, command, fail, pass, seen, unknown } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { tellPackets, tellRise } from "./foreign-drop-check.ts";
import { type Finding, foreignFindings } from "./foreign-drops.ts";
import { LOCAL } from "./places.ts";

const PACKAGE = "Install iptables, so that its old rules can be read (`iptables-legacy-save`).";

/** The rule as `iptables -S` writes it, or the chain's policy. */
export const legacyWords = ({ drop: { culprit } }: Finding): string =>
  culprit.rule?.comment ??
  `iptables-legacy -t ${culprit.chain.table} -P ${culprit.chain.name} ${culprit.chain.policy?.toUpperCase()}`;

function undo(finding: Finding, bridge: string) {
  const { chain, rule } = finding.drop.culprit;
  const [text, risk] = rule
    ? (["Delete the rule, and change what writes it.", "what it was meant to stop passes, too"] as const)
    : ([`Accept what concerns ${bridge} in front of the policy.`, "none for other links"] as const);
  const own = rule?.comment?.replace(" -A ", " -D ");
  const link = chain.hook === "output" || chain.hook === "postrouting" ? "-o" : "-i";
  return command(
    text,
    risk,
    own ?? `iptables-legacy -t ${chain.table} -I ${chain.name} ${link} ${bridge} -j ACCEPT`,
  );
}

export const legacyIptablesDrop: Check<HostSight> = {
  code: "legacy-iptables-drop",
  layer: "firewall",
  title: "No rule of the old iptables drops our packets",
  dependsOn: [],
  breaks: [...LOCAL, "egress", "dns"],
  explanation: {
    symptom: "As with any firewall: ARP resolves, IP is dead; but `nft list ruleset` shows nothing.",
    cause:
      "The kernel's old iptables tables are loaded beside nftables. nft does not list them, and they drop our packets all the same.",
    evidence: "/proc/net/ip_tables_names is not empty, and a counter of `iptables-legacy -nvL` rises.",
    fix: command(
      "Accept our bridge there, or delete the rule.",
      "what it was meant to stop may pass, too",
      "iptables-legacy-save -c",
    ),
  },
  judge: (sight) => {
    const { before, unread } = sight.legacyRules;
    if (unread !== undefined)
      return unknown(
        `Old iptables tables are loaded, but cannot be read: ${unread}.`,
        [seen("iptables", "iptables-legacy-save -c", unread)],
        command(PACKAGE, "none", "apt-get install iptables"),
      );
    const proven = foreignFindings(sight).legacy.filter(({ verdict }) => verdict === "proven");
    const [first] = proven;
    if (!first)
      return pass("iptables", "old iptables rules", `${before.length} read, none drops our packets`);
    return fail(
      `An old iptables rule drops ${tellPackets(first)}: ${legacyWords(first)}${tellRise(first)}.`,
      proven.map((one) => seen("iptables", "iptables-legacy-save -c", `${legacyWords(one)}${tellRise(one)}`)),
      undo(first, sight.plan.bridge),
    );
  },
};
