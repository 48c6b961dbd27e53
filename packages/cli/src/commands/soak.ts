import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { wholeNumber } from "../parse-options.ts";
import { runSoak, type SoakOptions } from "../testing/run-soak.ts";

/** `browservm soak` */
export function soak(context: CliContext): Command {
  return new Command("soak")
    .summary("keep one session for long while others come and go and services are killed; lose nothing")
    .description(
      "Makes a hostd, a controller and a network of its own; needs a checkout and root. Exit status 1 when anything was lost.",
    )
    .option("--minutes <n>", "how long at least", wholeNumber, 30)
    .option("--others <n>", "sessions that come and go meanwhile", wholeNumber, 20)
    .option("--image <name>", "image of the session that stays", "tiny")
    .option("--other-image <name>", "image of the others", "tiny")
    .action(async (options: SoakOptions) => {
      process.exitCode = await runSoak(context, options);
    });
}
