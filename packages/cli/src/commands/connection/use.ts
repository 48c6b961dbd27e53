import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm connection use` */
export function connectionUse(context: CliContext): Command {
  return new Command("use")
    .summary("put a connection's files into the home of a session's VM")
    .argument("<connection>", "id of the connection")
    .argument("<session>", "id of the session")
    .action(async (id: string, session: string) => {
      const paths = await context.client().connections.use(id, session);
      const words = paths.map((path) => `~/${path}`).join("\n");
      context.output.print({ connectionId: id, paths }, words);
    });
}
