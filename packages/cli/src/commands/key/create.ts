import { Command, Option } from "commander";
import type { CliContext } from "../../context.ts";
import { duration } from "../../parse-options.ts";
import { type KeyOptions, keyRequest } from "../../people/key-request.ts";

const collect = (text: string, before: readonly string[] = []) => [...before, text];

/** `browservm key create` */
export function keyCreate(context: CliContext): Command {
  return new Command("create")
    .summary("make an API key; its secret is shown once")
    .argument("<name>", "what it is for")
    .option("--scope <scope>", "what it may do, e.g. sessions:read, pools:* (repeat it)", collect)
    .option("--admin", "it may do everything, in every project")
    .option("--project <project>", "whose sessions and connections it sees; `default` unless told")
    .option("--all-projects", "it sees every project's")
    .addOption(
      new Option("--expires <time>", "how long it works: 12h, 90d; else for ever").argParser(duration),
    )
    .action(async (name: string, options: KeyOptions) => {
      const key = await context.client().keys.create(keyRequest(name, options));
      context.output.print(
        key,
        `${key.secret}\nShown once. Use it as BVM_API_KEY; revoke it with \`browservm key rm ${key.id}\`.`,
      );
    });
}
