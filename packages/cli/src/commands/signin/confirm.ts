import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { signinWords } from "../../signins/describe-signin.ts";

/** `browservm signin confirm` */
export function signinConfirm(context: CliContext): Command {
  return new Command("confirm")
    .summary("say that its person has signed in")
    .argument("<sign-in>", "id of the sign-in")
    .action(async (id: string) => {
      const one = await context.client().signins.confirm(id);
      context.output.print(one, signinWords(one));
    });
}
