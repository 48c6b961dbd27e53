import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm pool rm` */
export function poolRm(context: CliContext): Command {
  return new Command("rm")
    .summary("remove a pool and its unclaimed VMs")
    .argument("<name>", "name of the pool")
    .action(async (name: string) => {
      await context.client().pools.remove(name);
      context.output.print({ name }, `${name} removed`);
    });
}
