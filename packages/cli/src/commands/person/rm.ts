import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm person rm` */
export function personRm(context: CliContext): Command {
  return new Command("rm")
    .summary("remove a person with their sign-ins and keys")
    .argument("<person>", "id of the person")
    .action(async (id: string) => {
      await context.client().people.remove(id);
      context.output.print({ id }, `${id} removed`);
    });
}
