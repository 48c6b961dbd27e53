import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { PipeBounds } from "../logs/pipe-log.ts";

const LogBounds = z.object({ path: z.string(), origin: z.number(), limitBytes: z.number() });
const VmmNotes = z.object({
  logs: z.array(LogBounds),
  pipes: z.array(PipeBounds).default([]),
  cgroup: z.string().optional(),
  /** Directory of its jail, to be removed with it. */
  jail: z.string().optional(),
});

/** What the next hostd must know to take care of a VMM that this one started; a file in its run directory. */
export type VmmNotes = z.infer<typeof VmmNotes>;

export const notesPath = (runDir: string): string => join(runDir, "vmm.json");

export async function writeNotes(runDir: string, notes: z.input<typeof VmmNotes>): Promise<void> {
  await writeFile(notesPath(runDir), JSON.stringify(notes), { mode: 0o600 });
}

/** Empty when there are none: a VMM can be adopted without them, only its logs are not cut then. */
export async function readNotes(runDir: string): Promise<VmmNotes> {
  try {
    return VmmNotes.parse(JSON.parse(await readFile(notesPath(runDir), "utf8")));
  } catch {
    return { logs: [], pipes: [] }; // removed or damaged; the kernel's limits hold without them
  }
}
