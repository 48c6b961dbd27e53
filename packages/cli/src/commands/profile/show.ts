import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { profileWords } from "../../profiles/describe-profile.ts";
import { findProfile } from "../../profiles/find-profile.ts";

/** `browservm profile show` */
export function profileShow(context: CliContext): Command {
  return new Command("show")
    .summary("show a profile, and who writes it; never what is in it")
    .argument("<profile>", "its name or id")
    .action(async (words: string) => {
      const profile = await findProfile(context.client(), words);
      context.output.print(profile, profileWords(profile));
    });
}
