import { auto, type Check, fail, pass, seen, unknown } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

const load = auto("Load our tables again, with every VM in them.");

export const rulesMissing: Check<HostSight> = {
  code: "rules-missing",
  layer: "firewall",
  title: "Our nftables tables are loaded",
  dependsOn: [],
  breaks: ["egress", "dns"],
  explanation: {
    symptom:
      "Guests may do what they must not (spoof, reach the host's services and neighbours). Where this namespace translates guests' addresses, nothing of theirs comes back from outside.",
    cause: "Another program ran `nft flush ruleset` (many firewall scripts do) or deleted our tables.",
    evidence: "`nft list tables` lacks `bridge browservm` or `inet browservm`.",
    fix: load,
  },
  judge: ({ ruleset, rulesLoaded, rulesPlanned, target }) => {
    const names = target.tables.map(({ family, name }) => `${family} ${name}`).join(", ");
    if (!ruleset)
      return unknown("The rules of this network namespace could not be read.", [
        seen("nft", "nft -j list ruleset", "no answer"),
      ]);
    if (rulesLoaded !== undefined) return pass("nft", names, `loaded, generation ${rulesLoaded}`);
    return fail(
      `Our tables (${names}) are not loaded, or not all of them: another program flushed or deleted them.`,
      [
        seen("nft", names, `not loaded; planned is generation ${rulesPlanned}`),
        seen("nft", "tables that are there", tablesOf(ruleset)),
      ],
      load,
    );
  },
};

const tablesOf = ({ chains }: NonNullable<HostSight["ruleset"]>): string =>
  [...new Set(chains.map(({ family, table }) => `${family} ${table}`))].join(", ") || "none";
