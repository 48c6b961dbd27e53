import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { z } from "zod";
import type { LabResult } from "./laboratory.ts";

const Row = z.object({
  name: z.string(),
  kind: z.enum(["fault", "pair", "harmless", "healing", "healthy"]),
  passed: z.boolean(),
  ms: z.number(),
  fixMs: z.number().optional(),
});

/** What the last whole run measured, kept with the sources: tests/lab/results.json. */
export const LabRecord = z.object({
  /** Of the machine that measured: kernel and processors. */
  machine: z.string(),
  seconds: z.number(),
  rows: z.array(Row),
});
export type LabRecord = z.infer<typeof LabRecord>;

export function recordOf({ rows, seconds }: LabResult): LabRecord {
  const kernel = execFileSync("uname", ["-r"], { encoding: "utf8" }).trim().replace(/-.*/, "");
  const kept = rows.map(({ name, kind, passed, ms, fixMs }) => ({
    ...{ name, kind, passed, ms },
    ...(fixMs === undefined ? {} : { fixMs }),
  }));
  return {
    machine: `Linux ${kernel}, ${cpus().length} processors`,
    seconds,
    rows: kept.toSorted((a, b) => `${a.kind} ${a.name}`.localeCompare(`${b.kind} ${b.name}`, "en")),
  };
}
