import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { assignment, wholeNumber } from "../parse-options.ts";
import { type ForkCommandOptions, forkSession } from "../sessions/fork-session.ts";

/** `browservm fork` */
export function fork(context: CliContext): Command {
  return new Command("fork")
    .summary("make a second session that begins where this one is")
    .description("The session may be running or paused. The new one has a VM and an identity of its own.")
    .argument("<session>", "id of the session")
    .option("--ttl <seconds>", "seconds until the new one ends by itself", wholeNumber)
    .option("--label <name=value>", "label, instead of the first one's (repeat it)", assignment)
    .option("--no-wait", "do not wait until it is ready")
    .option("--timeout <seconds>", "how long to wait", wholeNumber, 900)
    .action(async (id: string, options: ForkCommandOptions) => {
      const result = await forkSession(context, id, options);
      context.output.print(result, result.url);
    });
}
