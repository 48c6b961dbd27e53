import { pick, SETTINGS } from "@browservm/contract";
import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { table } from "../../table.ts";

/** `browservm config show` */
export function configShow(context: CliContext): Command {
  return new Command("show").summary("show every setting, its value and where that comes from").action(() => {
    const { config, sources } = context.resolved;
    const settings = SETTINGS.map(({ key, variable }) => ({
      key,
      value: pick(config, key),
      source: sources[key] ?? "default",
      variable,
    }));
    const rows = settings.map(({ key, value, source }) => [key, JSON.stringify(value), source]);
    context.output.print({ settings }, table(["SETTING", "VALUE", "SOURCE"], rows));
  });
}
