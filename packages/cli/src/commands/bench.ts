import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { runBench } from "../testing/run-bench.ts";

/** `browservm bench` */
export function bench(context: CliContext): Command {
  return new Command("bench")
    .summary("measure this machine against bare programs: a table, and JSON when piped")
    .argument("[measurements...]", "only these")
    .action(async (names: string[]) => {
      process.exitCode = await runBench(context, names);
    });
}
