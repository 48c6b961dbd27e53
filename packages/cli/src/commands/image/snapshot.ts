import { Command } from "commander";
import type { CliContext } from "../../context.ts";
import { wholeNumber } from "../../parse-options.ts";
import { type MakeOptions, makeSnapshot } from "../../snapshots/make-snapshot.ts";

/** `browservm image snapshot`, which is `browservm snapshot make` too. */
export function imageSnapshot(context: CliContext, name = "snapshot"): Command {
  return new Command(name)
    .summary("boot an image once and freeze it, so that VMs start from that")
    .argument("[image]", "golden image", "browser")
    .option("--vcpus <n>", "virtual CPUs, instead of the image's default", wholeNumber)
    .option("--memory <mib>", "memory in MiB, instead of the image's default", wholeNumber)
    .option("--timeout <seconds>", "how long to wait", wholeNumber, 1800)
    .action(async (image: string, options: MakeOptions) => {
      const snapshot = await makeSnapshot(context, image, options);
      context.output.print(snapshot, `${snapshot.id} ${snapshot.state}`);
    });
}
