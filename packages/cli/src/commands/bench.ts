import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { runBench } from "../testing/run-bench.ts";

/** `browservm bench` */
export function bench(context: CliContext): Command {
  return new Command("bench")
    .summary("measure this machine against bare programs: a table, and JSON when piped")
    .description(
      "Needs a checkout and root; everything happens in network namespaces of its own. A missed goal is a result, not an error.",
    )
    .argument(
      "[measurements...]",
      "only these: one-tap, many-taps, doctor, path, memory, boot-tiny, boot-browser, restore-tiny, restore-browser, claim, many-restores, pause, live, signin",
    )
    .option("--rounds <n>", "so many restores, claims and pauses, instead of what this machine is good for")
    .action(async (names: string[], { rounds }: { rounds?: string }) => {
      const options = rounds === undefined ? [] : ["--rounds", rounds];
      process.exitCode = await runBench(context, [...options, ...names]);
    });
}
