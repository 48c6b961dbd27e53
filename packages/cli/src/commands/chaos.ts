import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { wholeNumber } from "../parse-options.ts";
import { runInCheckout } from "../testing/run-in-checkout.ts";

interface ChaosOptions {
  readonly minutes: number;
  readonly vms: number;
}

/** `browservm chaos` */
export function chaos(context: CliContext): Command {
  return new Command("chaos")
    .summary("break the network of live VMs at random, and see that all of it is repaired and explained")
    .description(
      "Makes a hostd with fake VMs and a network of its own; needs a checkout and root. Exit status 1 when a VM is not reachable at the end, an event is not explained, or something is left.",
    )
    .option("--minutes <n>", "how long", wholeNumber, 5)
    .option("--vms <n>", "VMs that live meanwhile", wholeNumber, 20)
    .action(async ({ minutes, vms }: ChaosOptions) => {
      process.exitCode = await runInCheckout(context, {
        what: "chaos tests",
        program: "tests/chaos/main.ts",
        args: ["--minutes", String(minutes), "--vms", String(vms)],
      });
    });
}
