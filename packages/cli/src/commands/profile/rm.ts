import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { findProfile } from "../../profiles/find-profile.ts";

/** `browservm profile rm` */
export function profileRm(context: CliContext): Command {
  return new Command("rm")
    .summary("delete a profile; sessions that have loaded it go on")
    .argument("<profile>", "its name or id")
    .action(async (words: string) => {
      const client = context.client();
      const { id, name } = await findProfile(client, words);
      await client.profiles.remove(id);
      context.output.print({ id }, `${name} deleted`);
    });
}
