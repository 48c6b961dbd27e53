import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { assignment, connectionVariable, wholeNumber } from "../parse-options.ts";
import { type ExecCommandOptions, execInSession } from "../sessions/exec-in-session.ts";

/** `browservm exec` */
export function exec(context: CliContext): Command {
  return new Command("exec")
    .summary("run a command in a session's VM")
    .description("Streams its output and passes on its exit status. Put the command behind `--`.")
    .usage("[options] <session> -- <command...>")
    .argument("<session>", "id of the session")
    .argument("<command...>", "program and arguments; no shell is involved")
    .addOption(new Option("--user <user>", "who runs it").choices(["browser", "root"]).default("browser"))
    .option("--cwd <directory>", "working directory")
    .option("--env <name=value>", "variable (repeat it)", assignment)
    .option(
      "--connection <name=id>",
      "variable with a connection's access token (repeat it)",
      connectionVariable,
    )
    .option("--timeout <seconds>", "its hard end", wholeNumber, 60)
    .option("-i, --stdin", "pass our stdin on (up to 1 MiB)")
    .action(async (id: string, command: string[], options: ExecCommandOptions) => {
      process.exitCode = await execInSession(context, id, { command, ...options });
    });
}
