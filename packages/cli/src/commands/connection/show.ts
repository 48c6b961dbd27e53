import { Command } from "commander";
import { connectionWords } from "../../connections/describe-connection.ts";
import type { CliContext } from "../../context.ts";

/** `browservm connection show` */
export function connectionShow(context: CliContext): Command {
  return new Command("show")
    .summary("show a connection; never its secret")
    .argument("<connection>", "id of the connection")
    .option("--refresh", "get fresh tokens from the provider first")
    .action(async (id: string, { refresh }: { refresh?: boolean }) => {
      const { connections } = context.client();
      const one = refresh ? await connections.refresh(id) : await connections.get(id);
      context.output.print(one, connectionWords(one));
    });
}
