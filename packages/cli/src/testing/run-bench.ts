import { existsSync } from "node:fs";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { runAttached } from "../process.ts";
import { CHECKOUT } from "../up/checkout.ts";

/** Runs tests/bench in a network namespace of its own; answers its exit status. */
export function runBench(context: CliContext, names: readonly string[]): Promise<number> {
  const main = join(CHECKOUT, "tests/bench/main.ts");
  if (!existsSync(main))
    throw new BrowserVmError(
      "NOT_FOUND",
      "there are no benchmarks here: they belong to a checkout of the repository",
    );
  if (process.getuid?.() !== 0)
    throw new BrowserVmError("NOT_PRIVILEGED", "the benchmarks make network namespaces and VMs of their own");
  const json = context.output.json ? ["--json"] : [];
  return runAttached({
    file: "sh",
    args: [
      join(CHECKOUT, "scripts/in-netns.sh"),
      process.execPath,
      ...process.execArgv,
      main,
      ...json,
      ...names,
    ],
    cwd: CHECKOUT,
    env: context.env,
  });
}
