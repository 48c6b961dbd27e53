import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { sessionPath } from "../../files/copy-place.ts";

/** `browservm files rm` */
export function filesRm(context: CliContext): Command {
  return new Command("rm")
    .summary("remove a file, or an empty directory, of a session")
    .argument("<session>", "id of the session")
    .argument("<path>", "below the home of its user, e.g. Downloads/report.pdf")
    .action(async (id: string, text: string) => {
      const path = sessionPath(text).replace(/\/$/, "");
      await context.client().sessions.files(id).remove(path, { signal: context.signal });
      context.output.print({ removed: path }, `${path} was removed`);
    });
}
