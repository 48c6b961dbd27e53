import { SessionStatus } from "@browservm/contract";
import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { allSessions } from "../sessions/all-sessions.ts";
import { sessionTable } from "../sessions/describe-session.ts";

/** `browservm ls` */
export function ls(context: CliContext): Command {
  return new Command("ls")
    .summary("list sessions")
    .description("Lists the sessions that live; `--all` adds those that have ended or failed.")
    .option("-a, --all", "also sessions that have ended or failed")
    .addOption(
      new Option("--status <status>", "only sessions with this status").choices(SessionStatus.options),
    )
    .action(async (options: { all?: boolean; status?: SessionStatus }) => {
      const sessions = await allSessions(context.client(), options);
      context.output.print({ data: sessions }, sessionTable(sessions));
    });
}
