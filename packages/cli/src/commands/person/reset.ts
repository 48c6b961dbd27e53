import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { invitationWords } from "../../people/describe-people.ts";

/** `browservm person reset` */
export function personReset(context: CliContext): Command {
  return new Command("reset")
    .summary("make a one-time link by which a person chooses a new password")
    .argument("<person>", "id of the person")
    .action(async (id: string) => {
      const link = await context.client().people.reset(id);
      context.output.print(link, invitationWords(link));
    });
}
