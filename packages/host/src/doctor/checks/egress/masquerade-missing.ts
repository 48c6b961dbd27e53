import { auto, type Check, fail, pass, seen, skip, unknown } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

const load = auto("Load our tables again.");

export const masqueradeMissing: Check<HostSight> = {
  code: "masquerade-missing",
  layer: "egress",
  title: "Guests' addresses are translated on their way out",
  dependsOn: ["rules-missing", "rules-altered"],
  breaks: ["egress", "dns"],
  explanation: {
    symptom: "Guests' packets leave by the uplink and nothing comes back; no counter of a drop moves.",
    cause:
      "Where the machine's own namespace holds the bridge, our rules translate guests' addresses. Without that rule packets leave with a private source, to which nobody outside can answer.",
    evidence:
      "`nft list chain inet browservm postrouting` has no masquerade; tcpdump on the uplink shows 192.168.x sources.",
    fix: load,
  },
  judge: ({ uplink, ruleset, rulesLoaded, target }) => {
    if (!uplink) return skip("config", "uplink", "guests have no way out");
    if (!uplink.masquerade)
      return skip("config", "uplink", "translated in the machine's own namespace, behind the veth");
    if (!ruleset)
      return unknown("The rules could not be read.", [seen("nft", "nft -j list ruleset", "no answer")]);
    if (rulesLoaded === undefined) return skip("nft", "our tables", "not loaded");
    const own = target.tables.map(({ family, name }) => `${family} ${name}`);
    const rule = ruleset.rules.find(
      ({ family, table, expr }) =>
        own.includes(`${family} ${table}`) && expr.some((statement) => "masquerade" in statement),
    );
    if (rule) return pass("nft", `table ${rule.family} ${rule.table}, chain ${rule.chain}`, "masquerade");
    return fail(
      `Our tables hold no rule that translates guests' addresses on ${uplink.link}.`,
      [seen("nft", own.join(", "), "no masquerade")],
      load,
    );
  },
};
