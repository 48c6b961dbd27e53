import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm profile save` */
export function profileSave(context: CliContext): Command {
  return new Command("save")
    .summary("save a session's browser into its profile, or as a new one")
    .description("The browser is closed for it, and opened again with the page that it showed.")
    .argument("<session>", "id of the session")
    .option("--as <name>", "name of a new profile; left out: the one that the session writes")
    .action(async (id: string, { as }: { as?: string }) => {
      const profile = await context.client().profiles.save(id, as === undefined ? {} : { saveAs: as });
      context.output.print(profile, `${profile.name} (${profile.id}) saved: version ${profile.version}`);
    });
}
