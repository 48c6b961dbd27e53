import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { linkTable, viewerTable } from "../../sharing/describe-sharing.ts";

/** `browservm share ls` */
export function shareLs(context: CliContext): Command {
  return new Command("ls")
    .summary("list a session's links, and who looks at it now")
    .argument("<session>", "id of the session")
    .action(async (id: string) => {
      const { sessions } = context.client();
      const [{ links }, { viewers }] = await Promise.all([
        sessions.listViewLinks(id),
        sessions.listViewers(id),
      ]);
      const words = `${linkTable(id, links, new Date())}\n\n${viewerTable(viewers)}`;
      context.output.print({ links, viewers }, words);
    });
}
