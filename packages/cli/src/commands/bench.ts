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
      "only these: one-tap, many-taps, doctor, path, memory, boot-tiny, boot-browser",
    )
    .action(async (names: string[]) => {
      process.exitCode = await runBench(context, names);
    });
}
