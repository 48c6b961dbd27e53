import { LogSource } from "@browservm/contract";
import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { wholeNumber } from "../parse-options.ts";
import { type LogOptions, showLogs } from "../sessions/show-logs.ts";

/** `browservm logs` */
export function logs(context: CliContext): Command {
  return new Command("logs")
    .summary("show a session's logs")
    .argument("<session>", "id of the session")
    .option("-f, --follow", "go on until Ctrl-C")
    .addOption(new Option("--source <source>", "which log").choices(LogSource.options).default("agent"))
    .option("-n, --lines <n>", "lines to begin with", wholeNumber, 200)
    .action((id: string, options: LogOptions) => showLogs(context, id, options));
}
