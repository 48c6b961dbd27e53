import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { endSessions } from "../sessions/end-sessions.ts";

/** `browservm stop` */
export function stop(context: CliContext): Command {
  return new Command("stop")
    .summary("end sessions, and wait until their VMs are gone")
    .argument("<session...>", "ids of sessions")
    .action(async (ids: string[]) => {
      const ended = await endSessions(context, ids);
      context.output.print({ data: ended }, ended.map(({ id, status }) => `${id} ${status}`).join("\n"));
    });
}
