import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { providerTable } from "../../signins/describe-signin.ts";

/** `browservm signin providers` */
export function signinProviders(context: CliContext): Command {
  return new Command("providers")
    .summary("list providers that people can sign in at by name")
    .action(async () => {
      const data = await context.client().signins.providers();
      context.output.print({ data }, providerTable(data));
    });
}
