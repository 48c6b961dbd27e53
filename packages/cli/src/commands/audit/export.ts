import { Command } from "commander";
import type { CliContext } from "../../context.ts";

/** `browservm audit export` */
export function auditExport(context: CliContext): Command {
  return new Command("export").summary("every entry as a line of JSON, oldest first").action(async () => {
    const { output, signal } = context;
    for await (const entry of context.client().audit.export({ signal }))
      await output.write(`${JSON.stringify(entry)}\n`);
  });
}
