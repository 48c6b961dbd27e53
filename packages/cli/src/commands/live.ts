import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { describeStream } from "../sessions/describe-stream.ts";

/** `browservm live` */
export function live(context: CliContext): Command {
  return new Command("live")
    .summary("show how a session's picture and sound travel, and where they stop")
    .argument("<session>", "id of the session")
    .action(async (id: string) => {
      const report = await context.client().sessions.liveReport(id);
      context.output.print(report, describeStream(report));
    });
}
