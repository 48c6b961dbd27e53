import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { wholeNumber } from "../parse-options.ts";
import { type LabOptions, runLab } from "../testing/run-lab.ts";

/** `browservm lab` */
export function lab(context: CliContext): Command {
  return new Command("lab")
    .summary(
      "inject every known fault on a real kernel, and see whether the doctor names it and the watch heals it",
    )
    .description(
      "Makes hosts and VMs of its own, in network namespaces: nothing that runs here is touched. Needs a checkout and root. Prints fault × named × fixed × healed × time. Exit status 1 when a fault is not named, something harmless is blamed, or a healthy VM raises an alarm.",
    )
    .option("--only <names...>", "only these faults (docs/reference/faults.md)", [])
    .option("--fast", "the subset that runs with every submission", false)
    .option("--healthy <n>", "examinations of healthy VMs", wholeNumber, 200)
    .option("--write", "keep the times in tests/lab/results.json, for docs/reference/faults.md", false)
    .action(async (options: LabOptions) => {
      process.exitCode = await runLab(context, options);
    });
}
