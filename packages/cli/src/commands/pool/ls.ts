import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { poolTable } from "../../pools/describe-pool.ts";

/** `browservm pool ls` */
export function poolLs(context: CliContext): Command {
  return new Command("ls").summary("list pools, with hits, misses and times").action(async () => {
    const pools = await context.client().pools.list();
    context.output.print({ data: pools }, poolTable(pools));
  });
}
