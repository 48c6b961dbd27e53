import { Command, Option } from "commander";
import type { CliContext } from "../context.ts";
import { runTiers } from "../testing/run-tiers.ts";
import { TIER_NAMES } from "../testing/tiers.ts";

/** `browservm test` */
export function test(context: CliContext): Command {
  return new Command("test")
    .summary("run BrowserVM's own tests, every tier")
    .description("Needs a checkout and root. Ends with one line: N passed, N failed.")
    .addOption(new Option("--tier <tiers...>", "only these tiers").choices(TIER_NAMES))
    .action(async ({ tier }: { tier?: string[] }) => {
      process.exitCode = await runTiers(context, tier ?? TIER_NAMES);
    });
}
