import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { describeReport, exitStatusOfReport, lookAtMachine } from "../doctor/look-at-machine.ts";

/** `browservm doctor` */
export function doctor(context: CliContext): Command {
  return new Command("doctor")
    .summary("look at this machine: can it run BrowserVM?")
    .description(
      "Changes nothing. Exit status 1 when something fails, 3 when something could not be looked at.",
    )
    .action(async () => {
      const report = await lookAtMachine(context.config);
      context.output.print(report, describeReport(report));
      process.exitCode = exitStatusOfReport(report);
    });
}
