import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { signinWords } from "../../signins/describe-signin.ts";

/** `browservm signin show` */
export function signinShow(context: CliContext): Command {
  return new Command("show")
    .summary("show a sign-in, and what its person is to do")
    .argument("<sign-in>", "id of the sign-in")
    .action(async (id: string) => {
      const one = await context.client().signins.get(id);
      context.output.print(one, signinWords(one));
    });
}
