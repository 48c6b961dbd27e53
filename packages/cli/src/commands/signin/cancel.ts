import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { signinWords } from "../../signins/describe-signin.ts";

/** `browservm signin cancel` */
export function signinCancel(context: CliContext): Command {
  return new Command("cancel")
    .summary("give a sign-in up and end its session")
    .argument("<sign-in>", "id of the sign-in")
    .action(async (id: string) => {
      const one = await context.client().signins.cancel(id);
      context.output.print(one, signinWords(one));
    });
}
