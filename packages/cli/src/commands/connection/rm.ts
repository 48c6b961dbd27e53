import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm connection rm` */
export function connectionRm(context: CliContext): Command {
  return new Command("rm")
    .summary("forget a connection and its secret; the provider is not told")
    .argument("<connection>", "id of the connection")
    .action(async (id: string) => {
      await context.client().connections.remove(id);
      context.output.print({ id }, `${id} forgotten`);
    });
}
