import { contains, overlaps, parseRange } from "../../../net/ipv4.ts";
import { type Check, command, fail, pass, seen, warn } from "../../check.ts";
import type { HostSight, RuleFacts } from "../../sight/host-sight.ts";
import { WHOLE_PATH } from "../vmm/breaks.ts";
import { describeRoute, MAIN_TABLE } from "./route-words.ts";

const MAIN_PRIORITY = 32_766; // of the kernel's own rule for table main (fib_default_rules_init)
const REFUSALS: ReadonlySet<string> = new Set(["blackhole", "unreachable", "prohibit"]);

/** A rule of ours in front, rather than theirs removed: theirs may serve a VPN. */
const repair = (priority: number, cidr: string) =>
  command(
    "Let a rule in front of it send the guests' range to the main table.",
    priority > 1 ? "none" : "whoever made that rule loses it",
    priority > 1
      ? `ip rule add priority ${priority - 1} to ${cidr} lookup main`
      : `ip rule del priority ${priority}`,
  );

export const ruleDiverts: Check<HostSight> = {
  code: "rule-diverts",
  layer: "address",
  title: "No routing rule sends packets for guests elsewhere",
  dependsOn: [],
  breaks: WHOLE_PATH,
  explanation: {
    symptom:
      "ARP resolves both ways, `ip route show` looks perfect, and IP is dead: silence, Destination Host Unreachable, or Invalid argument (blackhole).",
    cause:
      "A policy routing rule comes before the main table and sends the guests' range to another one, or refuses it: a VPN that takes everything, a multi-homing script.",
    evidence:
      "`ip rule show` lists a rule before 32766 that fits; `ip route get 192.168.100.2` says `table N`, another `dev`, or an error.",
    fix: repair(100, "192.168.100.0/24"),
  },
  judge(host) {
    const { rules, plan } = host;
    const found = divertingRule(host);
    if (!found)
      return pass(
        "netlink",
        "routing rules",
        rules.map(({ words }) => words).join("\n") || "the kernel's own",
      );
    const { rule, why } = found;
    const evidence = [seen("netlink", "routing rule", rule.words), seen("netlink", "what it leads to", why)];
    const fix = repair(rule.priority, plan.cidr);
    return rule.selective
      ? warn(
          `The routing rule "${rule.words}" may send some of the packets for guests elsewhere.`,
          evidence,
          fix,
        )
      : fail(`The routing rule "${rule.words}" sends packets for guests elsewhere.`, evidence, fix);
  },
};

interface Diversion {
  readonly rule: RuleFacts;
  readonly why: string;
}

/** The first rule that decides about packets of the host for guests, if it decides wrong. */
function divertingRule(host: HostSight): Diversion | undefined {
  const fitting = [...host.rules]
    .sort((a, b) => a.priority - b.priority)
    .filter((rule) => rule.priority < MAIN_PRIORITY && fits(rule, host));
  let perhaps: Diversion | undefined;
  for (const rule of fitting) {
    const outcome = outcomeOf(rule, host);
    if (outcome === "bridge") break;
    if (outcome === undefined) continue;
    if (!rule.selective) return { rule, why: outcome };
    perhaps ??= { rule, why: outcome };
  }
  return perhaps;
}

function fits({ to, from, iif }: RuleFacts, { plan }: HostSight): boolean {
  return (
    (iif === undefined || iif === "lo") &&
    (to === undefined || overlaps(parseRange(to), parseRange(plan.cidr))) &&
    (from === undefined || contains(parseRange(from), plan.gateway))
  );
}

/** "bridge": all is well from here on; undefined: the rule leads to nothing, and the next one counts; else where it leads. */
function outcomeOf({ action, table, suppressPrefixLength }: RuleFacts, host: HostSight): string | undefined {
  if (action !== undefined) return REFUSALS.has(action) ? action : undefined;
  const range = parseRange(host.plan.cidr);
  const [best] = host.routes
    .filter((route) => route.table === table && overlaps(parseRange(`${route.ip}/${route.prefix}`), range))
    .filter(({ prefix }) => prefix > (suppressPrefixLength ?? -1))
    .sort((a, b) => b.prefix - a.prefix);
  // What is wrong in the main table is a matter of its routes.
  if (table === MAIN_TABLE) return best ? "bridge" : undefined;
  if (!best) return undefined;
  return best.ifindex === host.bridge?.index ? "bridge" : describeRoute(best, host);
}
