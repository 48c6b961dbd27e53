import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { wholeNumber } from "../parse-options.ts";
import { type ResumeOptions, resumeSession } from "../sessions/resume-session.ts";

/** `browservm resume` */
export function resume(context: CliContext): Command {
  return new Command("resume")
    .summary("let a paused session go on where it was")
    .argument("<session>", "id of the session")
    .option("--no-wait", "do not wait until it is ready")
    .option("--timeout <seconds>", "how long to wait", wholeNumber, 900)
    .action(async (id: string, options: ResumeOptions) => {
      const session = await resumeSession(context, id, options);
      context.output.print(session, `${session.id} ${session.status}`);
    });
}
