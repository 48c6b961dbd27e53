import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type LabResult, runLaboratory } from "./laboratory.ts";
import { describeResult, describeRow } from "./matrix.ts";
import { recordOf } from "./results.ts";
import type { LabRow } from "./row.ts";

// `node tests/lab/main.ts [--only NAME]… [--fast] [--healthy N] [--json] [--write] [--keep DIRECTORY]` in a network namespace of its own
// (scripts/in-netns.sh), as root. Exit status: 0 all is as the table says, 1 something is not, 130 interrupted.

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true, default: [] },
    fast: { type: "boolean", default: false },
    healthy: { type: "string", default: "200" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    keep: { type: "string" },
  },
});
const interrupted = new AbortController();
process.on("SIGINT", () => (interrupted.signal.aborted ? process.exit(130) : interrupted.abort()));
process.on("SIGTERM", () => interrupted.abort());

const result = await runLaboratory({
  only: values.only,
  fast: values.fast,
  healthy: Number(values.healthy),
  signal: interrupted.signal,
  onRow: (row) => {
    process.stderr.write(`${describeRow(row)}\n`);
    if (!row.passed && values.keep) keep(values.keep, row);
  },
});
process.stdout.write(`${values.json ? JSON.stringify(result) : describeResult(result)}\n`);
// A part of the table would make the manual forget the rest.
const isWhole = !values.fast && values.only.length === 0 && !interrupted.signal.aborted;
if (values.write && isWhole)
  writeFileSync(new URL("./results.json", import.meta.url), `${JSON.stringify(recordOf(result), null, 2)}\n`);
process.exit(exitStatus(result));

function exitStatus({ rows }: LabResult): number {
  if (interrupted.signal.aborted) return 130;
  return rows.length > 0 && rows.every(({ passed }) => passed) ? 0 : 1;
}

/** What the doctor said of a row that failed, whole, in a file of its own. */
function keep(directory: string, row: LabRow): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, `${row.kind}-${row.name.replace(/\W+/g, "-")}.json`),
    JSON.stringify(row, null, 2),
  );
}
