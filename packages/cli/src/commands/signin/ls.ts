import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { signinTable } from "../../signins/describe-signin.ts";

/** `browservm signin ls` */
export function signinLs(context: CliContext): Command {
  return new Command("ls").summary("list sign-ins, the newest hundred").action(async () => {
    const page = await context.client().signins.list({ limit: 100 });
    context.output.print(page, signinTable(page.data));
  });
}
