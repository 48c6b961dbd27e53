import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm share revoke` */
export function shareRevoke(context: CliContext): Command {
  return new Command("revoke")
    .summary("make a link useless, and close every view that came by it")
    .argument("<session>", "id of the session")
    .argument("<link>", "id of the link")
    .action(async (id: string, link: string) => {
      await context.client().sessions.revokeViewLink(id, link);
      context.output.print({ id: link }, `${link} revoked`);
    });
}
