import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { signinWords } from "../../signins/describe-signin.ts";

/** `browservm signin retry` */
export function signinRetry(context: CliContext): Command {
  return new Command("retry")
    .summary("begin a sign-in anew, in a fresh VM")
    .argument("<sign-in>", "id of the sign-in")
    .action(async (id: string) => {
      const one = await context.client().signins.retry(id);
      context.output.print(one, signinWords(one));
    });
}
