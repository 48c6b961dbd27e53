import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm audit verify` */
export function auditVerify(context: CliContext): Command {
  return new Command("verify")
    .summary("check that every entry is as it was written; exit status 1 when one is not")
    .action(async () => {
      const verdict = await context.client().audit.verify();
      const words = verdict.ok
        ? `${verdict.entries} entries, all as they were written. The last one's hash: ${verdict.headHash}`
        : `Entry ${verdict.brokenAt} is not as it was written.`;
      context.output.print(verdict, words);
      if (!verdict.ok) process.exitCode = 1;
    });
}
