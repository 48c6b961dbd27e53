import { z } from "zod";
import { type MachineCheck, pass, unknown, warn } from "../../machine/check.ts";

const Ruleset = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) });
const Chain = z.object({
  family: z.string(),
  table: z.string(),
  name: z.string(),
  hook: z.string().optional(),
  policy: z.string().optional(),
});

/** Docker and ufw set the policy of the forward chain to drop: then guests have no way out. */
export const foreignFirewall: MachineCheck = {
  code: "foreign-firewall",
  title: "No other firewall drops what guests send to the internet",
  async look(machine, signal) {
    if (machine.config.network.uplink === "none") return pass("not needed: `network.uplink` is `none`");
    let dropping: Array<z.infer<typeof Chain>>;
    try {
      const text = await machine.output("nft", ["-j", "list", "chains"], signal);
      dropping = chains(text).filter(({ hook, policy }) => hook === "forward" && policy === "drop");
    } catch (error) {
      return unknown(
        error instanceof Error ? error.message : String(error),
        "Install nftables, and run as root.",
      );
    }
    if (dropping.length === 0) return pass("no forward chain has the policy drop");
    const names = dropping.map(({ family, table, name }) => `${family} ${table} ${name}`).join(", ");
    return warn(
      `policy drop in ${names} (Docker and ufw do that)`,
      "See docs/networking.md, “Beside Docker and ufw”: allow forwarding for the guests' range there.",
    );
  },
};

function chains(text: string): Array<z.infer<typeof Chain>> {
  return Ruleset.parse(JSON.parse(text)).nftables.flatMap((item) => {
    const chain = Chain.safeParse(item.chain);
    return chain.success ? [chain.data] : [];
  });
}
