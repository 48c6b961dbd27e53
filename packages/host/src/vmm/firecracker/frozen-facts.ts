import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { z } from "zod";
import type { FrozenBy, VmmSpec } from "../vmm.ts";

const FrozenFacts = z.object({
  version: z.literal(1),
  vmm: z.string(),
  cpu: z.string(),
  vcpus: z.int(),
  memoryMib: z.int(),
  disks: z.int(),
});

/** The machine that was frozen. Its file is written last: without it nothing is frozen there. */
export type FrozenFacts = z.infer<typeof FrozenFacts>;

export const factsFileOf = (directory: string): string => join(directory, "facts.json");

/** On disk when it settles. */
export async function writeFacts(directory: string, facts: FrozenFacts): Promise<void> {
  await using file = await open(factsFileOf(directory), "wx", 0o600);
  await file.writeFile(JSON.stringify(facts));
  await file.sync();
}

/** SNAPSHOT_DAMAGED when they are missing or cut. */
export async function readFacts(directory: string): Promise<FrozenFacts> {
  const path = factsFileOf(directory);
  try {
    return FrozenFacts.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? "is missing" : "is damaged";
    throw new BrowserVmError("SNAPSHOT_DAMAGED", `${path} ${why}`, { path }, { cause });
  }
}

/** SNAPSHOT_MISMATCH names both where the machine that shall go on is not the one that was frozen. */
export function requireSameMachine(
  frozen: FrozenFacts,
  { vmm, cpu }: FrozenBy,
  { vcpus, memoryMib, disks }: Pick<VmmSpec, "vcpus" | "memoryMib" | "disks">,
): void {
  const now: FrozenFacts = { version: 1, vmm, cpu, vcpus, memoryMib, disks: disks.length };
  const keys = ["vmm", "cpu", "vcpus", "memoryMib", "disks"] as const;
  const other = keys.find((key) => frozen[key] !== now[key]);
  if (other === undefined) return;
  throw new BrowserVmError(
    "SNAPSHOT_MISMATCH",
    `frozen with ${other} ${frozen[other]}, to be restored with ${now[other]}`,
    { frozen, now },
  );
}
