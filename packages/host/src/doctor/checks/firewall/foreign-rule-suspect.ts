import { type Check, command, pass, seen, unknown, warn } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";
import { seenFinding, tellPackets, tellRise } from "./foreign-drop-check.ts";
import { foreignFindings } from "./foreign-drops.ts";
import { legacyWords } from "./legacy-iptables-drop.ts";

const look = command(
  "Read the rule. If guests have trouble, accept our bridge in front of it.",
  "none for other links",
  "nft -a list ruleset",
);

export const foreignRuleSuspect: Check<HostSight> = {
  code: "foreign-rule-suspect",
  layer: "firewall",
  title: "Every rule of other programs that could drop our packets can be read",
  dependsOn: [],
  breaks: [],
  explanation: {
    symptom: "Perhaps none.",
    cause:
      "Another program's rules drop some packets by conditions that nft's listing does not tell (iptables extensions, named maps, a program's queue). Whether ours are among them cannot be read; it is only called a cause when its counter rises while a path is dead.",
    evidence: "The rule itself; and no probe passed by that would clear it.",
    fix: look,
  },
  judge: (sight) => {
    if (!sight.ruleset)
      return unknown("The rules of this network namespace could not be read.", [
        seen("nft", "nft -j list ruleset", "no answer"),
      ]);
    const { nft, legacy } = foreignFindings(sight);
    const suspects = nft.filter(({ verdict }) => verdict === "suspect");
    const old = legacy.filter(({ verdict }) => verdict === "suspect");
    const [first] = [...suspects, ...old];
    if (!first)
      return pass("nft", "rules of other programs", "none that could drop our packets is unreadable");
    const words = suspects.includes(first) ? first.drop.words : legacyWords(first);
    return warn(
      `${tellPackets(first)} may end at a rule that cannot be read in full: ${words}${tellRise(first)}.`,
      [
        ...suspects.map(seenFinding),
        ...old.map((one) => seen("iptables", "iptables-legacy-save -c", legacyWords(one))),
      ],
      look,
    );
  },
};
