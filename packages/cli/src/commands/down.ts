import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { stopEverything } from "../up/stop-everything.ts";

/** `browservm down` */
export function down(context: CliContext): Command {
  return new Command("down")
    .summary("end every session and stop BrowserVM on this machine")
    .description("Asks the running `up` to end; also cleans up after one that was killed.")
    .action(async () => {
      const result = await stopEverything(context);
      context.output.print(result, result.wasRunning ? "stopped" : "it was not running; nothing is left");
    });
}
