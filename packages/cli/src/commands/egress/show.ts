import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { egressWords } from "../../sessions/describe-egress.ts";

/** `browservm egress show` */
export function egressShow(context: CliContext): Command {
  return new Command("show")
    .summary("where a session may go, and what it was refused")
    .argument("<session>", "id of the session")
    .action(async (id: string) => {
      const report = await context.client().sessions.egress(id);
      context.output.print(report, egressWords(report));
    });
}
