import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm key create` */
export function keyCreate(context: CliContext): Command {
  return new Command("create")
    .summary("make an API key; its secret is shown once")
    .argument("<name>", "what it is for")
    .action(async (name: string) => {
      const key = await context.client().createApiKey({ name });
      context.output.print(
        key,
        `${key.secret}\nShown once. Use it as BVM_API_KEY; revoke it with \`browservm key rm ${key.id}\`.`,
      );
    });
}
