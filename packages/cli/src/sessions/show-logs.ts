import type { LogSource } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { printable } from "../output.ts";

export interface LogOptions {
  readonly follow?: boolean;
  readonly source: LogSource;
  readonly lines: number;
}

/** Writes log lines as they come: text, or NDJSON with `--json`. */
export async function showLogs(context: CliContext, id: string, options: LogOptions): Promise<void> {
  const { follow = false, source, lines } = options;
  const { output, signal } = context;
  try {
    for await (const line of context.client().sessions.logs(id, { follow, source, lines }, { signal }))
      await output.write(output.jsonAsked ? `${JSON.stringify(line)}\n` : `${printable(line.line)}\n`);
  } catch (error) {
    // Ctrl-C is how a follow ends.
    if (!(follow && signal.aborted)) throw error;
  }
}
