import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm share kick` */
export function shareKick(context: CliContext): Command {
  return new Command("kick")
    .summary("send a viewer away")
    .description(
      "Sends a viewer away. One that came by a link loses its sign-in too; to keep it from using the link again, revoke that.",
    )
    .argument("<session>", "id of the session")
    .argument("<viewer>", "id of the viewer")
    .action(async (id: string, viewer: string) => {
      await context.client().sessions.removeViewer(id, viewer);
      context.output.print({ id: viewer }, `${viewer} sent away`);
    });
}
