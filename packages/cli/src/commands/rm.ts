import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { allSessions } from "../sessions/all-sessions.ts";
import { endSessions } from "../sessions/end-sessions.ts";

/** `browservm rm` */
export function rm(context: CliContext): Command {
  return new Command("rm")
    .summary("end sessions; those that do not exist are fine")
    .argument("[session...]", "ids of sessions")
    .option("-a, --all", "every session that lives")
    .action(async (ids: string[], { all }: { all?: boolean }, command: Command) => {
      if (ids.length === 0 && !all) command.error("error: name a session, or use --all");
      const wanted = all ? (await allSessions(context.client())).map(({ id }) => id) : ids;
      const ended = await endSessions(context, wanted, { missingIsFine: true });
      context.output.print({ data: ended }, ended.map(({ id, status }) => `${id} ${status}`).join("\n"));
    });
}
