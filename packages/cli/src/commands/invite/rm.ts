import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm invite rm` */
export function inviteRm(context: CliContext): Command {
  return new Command("rm")
    .summary("make an invitation useless")
    .argument("<invitation>", "id of the invitation")
    .action(async (id: string) => {
      await context.client().invitations.remove(id);
      context.output.print({ id }, `${id} taken back`);
    });
}
