import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { wholeNumber } from "../parse-options.ts";
import { describeSoak, soakSession } from "../soak/soak-session.ts";

/** `browservm soak` */
export function soak(context: CliContext): Command {
  return new Command("soak")
    .summary("keep one session for long while others come and go, and check it all the time")
    .option("--minutes <n>", "how long", wholeNumber, 30)
    .option("--others <n>", "sessions that come and go meanwhile", wholeNumber, 20)
    .option("--image <name>", "image of the long session", "browser")
    .option("--other-image <name>", "image of the others", "tiny")
    .action(async (options: { minutes: number; others: number; image: string; otherImage: string }) => {
      const result = await soakSession(context, options);
      context.output.print(result, describeSoak(result));
      process.exitCode = result.failures.length > 0 ? 1 : 0;
    });
}
