import { auto, type Check, fail, pass, seen, skip } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

const load = auto("Load our tables again, with every VM in them.");

export const rulesAltered: Check<HostSight> = {
  code: "rules-altered",
  layer: "firewall",
  title: "Our nftables rules are as planned",
  dependsOn: ["rules-missing"],
  breaks: ["arp", "ping", "tcp", "large-packets", "egress", "dns", "service"],
  explanation: {
    symptom: "Anything: what our rules let pass or stop is no longer what was planned.",
    cause: "Rules were added, removed or moved in our tables by hand or by another program.",
    evidence: "`nft list table inet browservm` (and `bridge browservm`) differs from the planned generation.",
    fix: load,
  },
  judge: ({ ruleset, rulesLoaded, rulesPlanned }) => {
    if (!ruleset || rulesLoaded === undefined) return skip("nft", "our tables", "not loaded, or not read");
    if (rulesLoaded === rulesPlanned) return pass("nft", "our tables", `generation ${rulesLoaded}`);
    const where = / altered in (.*)$/.exec(rulesLoaded)?.[1];
    return fail(
      where
        ? `Our rules were changed by another hand, in the chains ${where}.`
        : `Our tables are loaded with generation ${rulesLoaded}, but planned is ${rulesPlanned}.`,
      [seen("nft", "generation of our tables", `loaded ${rulesLoaded}, planned ${rulesPlanned}`)],
      load,
    );
  },
};
