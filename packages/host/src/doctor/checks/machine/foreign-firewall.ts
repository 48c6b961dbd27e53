import { z } from "zod";
import { command, pass, seen, warn } from "../../check.ts";
import type { MachineCheck } from "../../machine/check.ts";

const Ruleset = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) });
const Chain = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  hook: z.string().optional(),
  policy: z.string().optional(),
});
type Chain = z.infer<typeof Chain>;
const COMMAND = "nft list chains";

/** Docker and ufw set the policy of the forward chain to drop: then guests have no way out. */
export const foreignFirewall: MachineCheck = {
  code: "foreign-firewall",
  title: "No other firewall drops what guests send to the internet",
  needsRoot: true,
  explanation: {
    symptom: "guests reach their gateway, and nothing outside",
    cause:
      "Docker, ufw or another firewall drops forwarded packets unless a rule of its own lets them through",
    evidence: "a chain with hook forward and policy drop in `nft list chains`",
    fix: command(
      "Let the guests' range through there; see docs/networking.md, “Beside Docker and ufw”.",
      "opens that firewall for the guests' range",
      "iptables -I FORWARD -s 192.168.100.0/24 -j ACCEPT",
      "iptables -I FORWARD -d 192.168.100.0/24 -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
    ),
  },
  async look(machine, signal) {
    const { uplink, cidr } = machine.config.network;
    if (uplink === "none") return pass("config", "network.uplink", "not needed: it is `none`");
    const text = await machine.output("nft", ["-j", "list", "chains"], signal);
    const dropping = chains(text).filter(({ hook, policy }) => hook === "forward" && policy === "drop");
    if (dropping.length === 0) return pass("nft", COMMAND, "no forward chain has the policy drop");
    const names = dropping.map(({ family, table, name }) => `${family} ${table} ${name}`).join(", ");
    const { fix } = foreignFirewall.explanation;
    return warn(
      `policy drop in ${names} (Docker and ufw do that)`,
      [seen("nft", COMMAND, `${names}: hook forward, policy drop`)],
      { ...fix, commands: fix.commands.map((line) => line.replace("192.168.100.0/24", cidr)) },
    );
  },
};

function chains(text: string): Chain[] {
  return Ruleset.parse(JSON.parse(text)).nftables.flatMap((item) => {
    const chain = Chain.safeParse(item.chain);
    return chain.success ? [chain.data] : [];
  });
}
