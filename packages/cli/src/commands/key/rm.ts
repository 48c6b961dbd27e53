import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm key rm` */
export function keyRm(context: CliContext): Command {
  return new Command("rm")
    .summary("revoke an API key")
    .argument("<key>", "id of the key")
    .action(async (id: string) => {
      await context.client().removeApiKey(id);
      context.output.print({ id }, `${id} revoked`);
    });
}
