import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { egressWords } from "../../sessions/describe-egress.ts";
import {
  ALLOW,
  collect,
  DENY,
  EGRESS_FILE,
  type EgressArguments,
  egressOf,
} from "../../sessions/egress-options.ts";

/** `browservm egress set` */
export function egressSet(context: CliContext): Command {
  return new Command("set")
    .summary("change where a session may go; without any option it has no policy any more")
    .argument("<session>", "id of the session")
    .option("--allow <target>", ALLOW, collect)
    .option("--deny <target>", DENY, collect)
    .option("--egress <file>", EGRESS_FILE)
    .action(async (id: string, options: EgressArguments) => {
      const report = await context.client().sessions.setEgress(id, (await egressOf(options)) ?? null);
      context.output.print(report, egressWords(report));
    });
}
