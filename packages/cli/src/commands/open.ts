import { Command } from "commander";
import type { CliContext } from "../context.ts";

/** `browservm open` */
export function open(context: CliContext): Command {
  return new Command("open")
    .summary("print a fresh link to the page, or to one session")
    .description(
      "Prints a link that works once. Without a session it signs you in as admin; with one it opens its live view.",
    )
    .argument("[session]", "id of the session")
    .option("--view-only", "a link that may look but not touch")
    .action(async (id: string | undefined, { viewOnly }: { viewOnly?: boolean }) => {
      const client = context.client();
      const link = id
        ? await client.sessions.createViewToken(id, { role: viewOnly ? "view" : "control", oneTime: true })
        : await client.createLoginToken();
      context.output.print({ url: link.url, expiresAt: link.expiresAt }, link.url);
    });
}
