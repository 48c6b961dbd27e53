import { Command } from "commander";
import type { CliContext } from "../context.ts";

/** `browservm pause` */
export function pause(context: CliContext): Command {
  return new Command("pause")
    .summary("write a session to disk and free its memory")
    .description("Answers when it is paused. Viewers are disconnected, and come back when it is resumed.")
    .argument("<session>", "id of the session")
    .action(async (id: string) => {
      using progress = context.progress();
      progress.step("pausing");
      const session = await context.client().sessions.pause(id, { signal: context.signal });
      progress.done();
      context.output.print(session, `${session.id} ${session.status}`);
    });
}
