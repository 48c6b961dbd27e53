import type { DoctorFix } from "@browservm/contract";
import type { Culprit } from "../../../net/firewall/foreign/trace.ts";
import { command } from "../../check.ts";
import type { HostSight } from "../../sight/host-sight.ts";

const RISK = "the other program may write its rules anew; let it know of our bridge for good";

/** How to let our packets pass a foreign firewall, in the words of the program that it seems to be of. */
export function adviseAbout({ chain, rule }: Culprit, sight: HostSight): DoctorFix {
  const { bridge } = sight.plan;
  const { family, table, name, hook } = chain;
  const isForward = hook === "forward";
  const owner = ownerOf(sight, table);
  if (owner === "ufw")
    return isForward
      ? command(
          `Tell ufw to route for ${bridge}.`,
          RISK,
          `ufw route allow in on ${bridge}`,
          `ufw route allow out on ${bridge}`,
        )
      : command(`Tell ufw to let ${bridge} in.`, RISK, `ufw allow in on ${bridge}`);
  if (owner === "firewalld")
    return command(
      `Give ${bridge} to firewalld's trusted zone.`,
      RISK,
      `firewall-cmd --permanent --zone=trusted --add-interface=${bridge}`,
      "firewall-cmd --reload",
    );
  if (owner === "Docker" && isForward)
    return command(
      `Let ${bridge} pass in Docker's own chain for that.`,
      RISK,
      `iptables -I DOCKER-USER -i ${bridge} -j ACCEPT`,
      `iptables -I DOCKER-USER -o ${bridge} -j ACCEPT`,
    );
  if (rule?.handle !== undefined)
    return command(
      "Delete the rule, and change what writes it.",
      "what the rule was meant to stop passes, too",
      `nft delete rule ${family} ${table} ${rule.chain} handle ${rule.handle}`,
    );
  const matches =
    hook === "output" || hook === "postrouting"
      ? ["oifname"]
      : isForward
        ? ["iifname", "oifname"]
        : ["iifname"];
  return command(
    `Accept what concerns ${bridge} before that chain drops it.`,
    RISK,
    ...matches.map((match) => `nft insert rule ${family} ${table} ${name} ${match} "${bridge}" accept`),
  );
}

/** Which program writes this table, by the names that it gives its chains. */
export function ownerOf({ ruleset }: HostSight, table: string): "Docker" | "ufw" | "firewalld" | undefined {
  if (table === "firewalld") return "firewalld";
  const names = (ruleset?.chains ?? []).filter((chain) => chain.table === table).map(({ name }) => name);
  if (names.some((name) => name.startsWith("ufw-"))) return "ufw";
  return names.some((name) => name.startsWith("DOCKER")) ? "Docker" : undefined;
}
