import { Command } from "commander";
import { type AddOptions, connectionRequest } from "../../connections/connection-request.ts";
import type { CliContext } from "../../context.ts";

const collect = (text: string, before: readonly string[] = []) => [...before, text];

/** `browservm connection add` */
export function connectionAdd(context: CliContext): Command {
  return new Command("add")
    .summary("store credentials; they are read from files or stdin (`-`), never from arguments")
    .argument("<provider>", "name of the provider or tool")
    .option("--subject <account>", "whose account it is")
    .option("--tokens <file>", "OAuth: what the token endpoint answered, as JSON")
    .option("--client-id <id>", "OAuth: our id at the provider")
    .option("--client-secret-file <file>", "OAuth: a file with our secret at the provider")
    .option("--issuer <url>", "OAuth: the provider's issuer, where it has OpenID discovery")
    .option("--token-endpoint <url>", "OAuth: where tokens are refreshed, else")
    .option("--file <local:path>", "a tool's file, and its path below the home in a VM (repeat it)", collect)
    .option("--state <file>", "a browser's state, as Playwright's storageState writes it")
    .action(async (provider: string, options: AddOptions) => {
      const request = await connectionRequest(provider, options);
      const made = await context.client().connections.create(request);
      context.output.print(made, `${made.id} stored`);
    });
}
