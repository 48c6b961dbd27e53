import type { CliContext } from "../context.ts";
import { runInCheckout } from "./run-in-checkout.ts";

/** Runs tests/bench; answers its exit status. */
export const runBench = (context: CliContext, names: readonly string[]): Promise<number> =>
  runInCheckout(context, { what: "benchmarks", program: "tests/bench/main.ts", args: names });
