import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm connection token` */
export function connectionToken(context: CliContext): Command {
  return new Command("token")
    .summary("print an access token that is good for a minute at least; this is audited")
    .argument("<connection>", "id of the connection")
    .action(async (id: string) => {
      const token = await context.client().connections.token(id);
      context.output.print(token, token.accessToken);
    });
}
