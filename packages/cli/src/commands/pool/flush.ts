import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { poolWords } from "../../pools/describe-pool.ts";

/** `browservm pool flush` */
export function poolFlush(context: CliContext): Command {
  return new Command("flush")
    .summary("end a pool's unclaimed VMs; fresh ones take their place")
    .argument("<name>", "name of the pool")
    .action(async (name: string) => {
      const pool = await context.client().pools.flush(name);
      context.output.print(pool, poolWords(pool));
    });
}
