import { IfExists } from "@browservm/contract";
import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { copyFile } from "../files/copy-file.ts";

/** `browservm cp` */
export function cp(context: CliContext): Command {
  return new Command("cp")
    .summary("copy a file into a session, or out of one")
    .description(
      "One end is SESSION:PATH, below the home of the session's user, e.g. ses_…:Downloads/report.pdf; the other a file here, or `-` for stdin and stdout.",
    )
    .argument("<from>", "what is copied")
    .argument("<to>", "where to; a directory takes it under its own name")
    .addOption(
      new Option("--if-exists <what>", "what happens where a file of the session has that name")
        .choices(IfExists.options)
        .default("replace"),
    )
    .action((from: string, to: string, { ifExists }: { ifExists: IfExists }) =>
      copyFile(context, from, to, ifExists),
    );
}
