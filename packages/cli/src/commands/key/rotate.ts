import { Command, Option } from "commander";
import type { CliContext } from "../../context.ts";
import { duration } from "../../parse-options.ts";

const A_DAY_S = 86_400;

/** `browservm key rotate` */
export function keyRotate(context: CliContext): Command {
  return new Command("rotate")
    .summary("give an API key a new secret, which is shown once")
    .argument("<key>", "id of the key")
    .addOption(
      new Option("--grace <time>", "how long the old secret still works: 0s, 15m, 7d")
        .argParser((text) => (text === "0s" ? 0 : duration(text)))
        .default(A_DAY_S, "1d"),
    )
    .action(async (id: string, { grace }: { grace: number }) => {
      const key = await context.client().keys.rotate(id, { graceSeconds: grace });
      const old = key.old
        ? `The old secret (${key.old.prefix}…) works until ${key.old.until}.`
        : "The old secret works no more.";
      context.output.print(key, `${key.secret}\nShown once. ${old}`);
    });
}
