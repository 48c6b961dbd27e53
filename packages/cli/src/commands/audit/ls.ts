import { Command } from "commander";
import { auditTable } from "../../connections/describe-connection.ts";
import type { CliContext } from "../../context.ts";
import { positiveNumber } from "../../parse-options.ts";

interface LsOptions {
  readonly connection?: string;
  readonly limit: number;
}

/** `browservm audit ls` */
export function auditLs(context: CliContext): Command {
  return new Command("ls")
    .summary("what was done with connections, and by whom, the newest first")
    .option("--connection <id>", "only about this one")
    .option("--limit <n>", "how many, up to 200", positiveNumber, 50)
    .action(async (options: LsOptions) => {
      const page = await context.client().audit.list(options);
      context.output.print(page, auditTable(page.data));
    });
}
