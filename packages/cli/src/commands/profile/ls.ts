import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { profileTable } from "../../profiles/describe-profile.ts";

/** `browservm profile ls` */
export function profileLs(context: CliContext): Command {
  return new Command("ls")
    .summary("list browser profiles, the first two hundred by name")
    .action(async () => {
      const page = await context.client().profiles.list({ limit: 200 });
      context.output.print(page, profileTable(page.data));
    });
}
