import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { saidOfState } from "../../sessions/said-of-state.ts";

/** `browservm connection use` */
export function connectionUse(context: CliContext): Command {
  return new Command("use")
    .summary("put a connection's files into a session's home, or its cookies into the browser")
    .argument("<connection>", "id of the connection")
    .argument("<session>", "id of the session")
    .action(async (id: string, session: string) => {
      const used = await context.client().connections.bring(id, session);
      const words = used.browser
        ? saidOfState(used.browser)
        : used.paths.map((path) => `~/${path}`).join("\n");
      context.output.print(used, words);
    });
}
