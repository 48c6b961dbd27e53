import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { invitationTable } from "../../people/describe-people.ts";

/** `browservm invite ls` */
export function inviteLs(context: CliContext): Command {
  return new Command("ls").summary("list invitations that still can be used").action(async () => {
    const invitations = await context.client().invitations.list();
    context.output.print({ data: invitations }, invitationTable(invitations));
  });
}
