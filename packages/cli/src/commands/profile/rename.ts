import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { findProfile } from "../../profiles/find-profile.ts";

/** `browservm profile rename` */
export function profileRename(context: CliContext): Command {
  return new Command("rename")
    .summary("give a profile another name")
    .argument("<profile>", "its name or id")
    .argument("<name>", "the new name")
    .action(async (words: string, name: string) => {
      const client = context.client();
      const { id } = await findProfile(client, words);
      const profile = await client.profiles.rename(id, name);
      context.output.print(profile, `${id} is ${profile.name} now`);
    });
}
