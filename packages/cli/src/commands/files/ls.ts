import { DOWNLOADS } from "@browservm/contract";
import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { sessionPath } from "../../files/copy-place.ts";
import { describeFiles } from "../../files/describe-files.ts";

/** `browservm files ls` */
export function filesLs(context: CliContext): Command {
  return new Command("ls")
    .summary("list a directory of a session, the newest first")
    .argument("<session>", "id of the session")
    .argument("[directory]", "below the home of its user; `/home/browser` is the home itself", DOWNLOADS)
    .action(async (id: string, directory: string) => {
      const path = sessionPath(directory).replace(/\/$/, "");
      const listing = await context.client().sessions.files(id).list(path, { signal: context.signal });
      context.output.print(listing, describeFiles(listing));
    });
}
