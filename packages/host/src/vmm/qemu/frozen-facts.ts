import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { sizeFault } from "../../files/size-fault.ts";
import { readFactsFile, writeFactsFile } from "../facts-file.ts";
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

/** What is known of a frozen VM beside its state. */
export type FrozenFacts = z.infer<typeof FrozenFacts>;

/** Device state, and the memory where it has no file of its own. */
export const stateFileOf = (directory: string): string => join(directory, "state");

export const writeFacts = (directory: string, facts: FrozenFacts): Promise<void> =>
  writeFactsFile(directory, facts);

/** SNAPSHOT_DAMAGED when a file is missing, or its size is another one than it was. */
export async function readFacts(directory: string): Promise<FrozenFacts> {
  const facts = await readFactsFile(directory, FrozenFacts);
  if (facts.memoryBytes !== undefined) await requireSize(memoryFileOf(directory), facts.memoryBytes);
  await requireSize(stateFileOf(directory), facts.stateBytes);
  return facts;
}

async function requireSize(path: string, bytes: number): Promise<void> {
  const fault = await sizeFault(path, bytes);
  if (fault !== undefined) throw new BrowserVmError("SNAPSHOT_DAMAGED", `${path} ${fault}`, { path });
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
