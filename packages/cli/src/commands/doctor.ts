import type { DoctorTarget } from "@browservm/sdk";
import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { type DoctorOptions, runDoctor } from "../doctor/run-doctor.ts";
import { parseTarget } from "../doctor/target.ts";
import { positiveNumber } from "../parse-options.ts";

const DESCRIPTION = [
  "Without an id: this machine, its bridge, rules and every VM. With one: that VM's whole path, from the VMM to the service in the guest. Changes nothing without `--fix --yes`.",
  "Exit status: 0 healthy (warnings are), 1 faults, 2 wrong use, 3 could not tell, 4 fixed and found in order.",
].join("\n");

/** `browservm doctor` */
export function doctor(context: CliContext): Command {
  return new Command("doctor")
    .summary("find out what is wrong with this machine, its network or one VM, and why")
    .description(DESCRIPTION)
    .argument("[session|vm]", "id of a session or of a VM", parseTarget)
    .addOption(new Option("--explain [code]", "what a check means, or the list of all; works offline"))
    .option("--junit <file>", "write the report as JUnit XML as well; - for stdout instead of the report")
    .option(
      "--bundle <file>",
      "write report, evidence, logs, events and settings as a tar (.gz, .tgz: packed)",
    )
    .addOption(
      new Option("--fix", "show what hostd would repair; with --yes do it, then look again").conflicts([
        "junit",
        "bundle",
        "explain",
        "watch",
      ]),
    )
    .addOption(
      new Option("--watch", "look again and again, and print what changed, until Ctrl-C").conflicts([
        "junit",
        "bundle",
        "explain",
      ]),
    )
    .option("--every <seconds>", "time between two looks of --watch", positiveNumber, 5)
    .action(async (target: DoctorTarget | undefined, options: DoctorOptions) => {
      process.exitCode = await runDoctor(context, target ?? {}, options);
    });
}
