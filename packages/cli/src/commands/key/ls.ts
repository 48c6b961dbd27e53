import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { table } from "../../table.ts";

/** `browservm key ls` */
export function keyLs(context: CliContext): Command {
  return new Command("ls").summary("list API keys").action(async () => {
    const keys = await context.client().listApiKeys();
    const rows = keys.map(({ id, name, prefix, createdAt, lastUsedAt }) => [
      id,
      name,
      `${prefix}…`,
      createdAt,
      lastUsedAt ?? "never",
    ]);
    context.output.print({ data: keys }, table(["KEY", "NAME", "PREFIX", "CREATED", "LAST USED"], rows));
  });
}
