import { Command } from "commander";
import { connectionTable } from "../../connections/describe-connection.ts";
import type { CliContext } from "../../context.ts";

/** `browservm connection ls` */
export function connectionLs(context: CliContext): Command {
  return new Command("ls")
    .summary("list connections and their health, the newest hundred")
    .option("--provider <name>", "only of this provider")
    .action(async ({ provider }: { provider?: string }) => {
      const query = { limit: 100, ...(provider === undefined ? {} : { provider }) };
      const page = await context.client().connections.list(query);
      context.output.print(page, connectionTable(page.data));
    });
}
