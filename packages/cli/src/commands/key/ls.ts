import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { keyTable } from "../../people/describe-people.ts";

/** `browservm key ls` */
export function keyLs(context: CliContext): Command {
  return new Command("ls").summary("list API keys").action(async () => {
    const keys = await context.client().keys.list();
    context.output.print({ data: keys }, keyTable(keys, new Date()));
  });
}
