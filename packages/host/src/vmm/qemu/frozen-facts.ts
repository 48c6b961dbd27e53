import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { memoryFileOf } from "./memory.ts";

const FrozenFacts = z.object({
  version: z.literal(1),
  vmm: z.string(),
  cpu: z.string(),
  /** See layout.ts. */
  layout: z.array(z.string()),
  stateBytes: z.int(),
  /** Absent where the state holds the memory, too. */
  memoryBytes: z.int().optional(),
});

/** What is known of a frozen VM beside its state. Its file is written last: without it nothing is frozen there. */
export type FrozenFacts = z.infer<typeof FrozenFacts>;

/** Device state, and the memory where it has no file of its own. */
export const stateFileOf = (directory: string): string => join(directory, "state");
export const factsFileOf = (directory: string): string => join(directory, "facts.json");

export async function writeFacts(directory: string, facts: FrozenFacts): Promise<void> {
  await using file = await open(factsFileOf(directory), "wx", 0o600);
  await file.writeFile(JSON.stringify(facts));
  await file.sync();
}

/** SNAPSHOT_DAMAGED when a file is missing, or its size is another one than it was. */
export async function readFacts(directory: string): Promise<FrozenFacts> {
  try {
    const facts = FrozenFacts.parse(JSON.parse(await readFile(factsFileOf(directory), "utf8")));
    if (facts.memoryBytes !== undefined) await requireSize(memoryFileOf(directory), facts.memoryBytes);
    await requireSize(stateFileOf(directory), facts.stateBytes);
    return facts;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BrowserVmError("SNAPSHOT_DAMAGED", `frozen in ${directory}: ${why}`, { directory }, { cause });
  }
}

async function requireSize(path: string, bytes: number): Promise<void> {
  const { size } = await stat(path);
  if (size !== bytes) throw new Error(`${path} has ${size} bytes instead of ${bytes}`);
}

/** SNAPSHOT_MISMATCH names what is different between the machine that was frozen and the one that shall go on. */
export function requireSameMachine(
  frozen: Pick<FrozenFacts, "vmm" | "cpu" | "layout">,
  now: Pick<FrozenFacts, "vmm" | "cpu" | "layout">,
): void {
  const was = frozen.layout.filter((option) => !now.layout.includes(option));
  const is = now.layout.filter((option) => !frozen.layout.includes(option));
  if (frozen.cpu !== now.cpu) {
    was.push(frozen.cpu);
    is.push(now.cpu);
  }
  if (was.length + is.length === 0) return;
  throw new BrowserVmError(
    "SNAPSHOT_MISMATCH",
    `frozen with ${was.join(", ") || "less"}; now it is ${is.join(", ") || "less"}`,
    { frozen: { vmm: frozen.vmm, options: was }, now: { vmm: now.vmm, options: is } },
  );
}
