import { BrowserVmError } from "@browservm/contract";
import { z } from "zod";
import { readFactsFile, writeFactsFile } from "../facts-file.ts";
import type { FrozenBy, VmmSpec } from "../vmm.ts";

const FrozenFacts = z.object({
  version: z.literal(1),
  vmm: z.string(),
  cpu: z.string(),
  vcpus: z.int(),
  memoryMib: z.int(),
  disks: z.int(),
});

/** The machine that was frozen. */
export type FrozenFacts = z.infer<typeof FrozenFacts>;

export const writeFacts = (directory: string, facts: FrozenFacts): Promise<void> =>
  writeFactsFile(directory, facts);

/** SNAPSHOT_DAMAGED when they are missing or cut. */
export const readFacts = (directory: string): Promise<FrozenFacts> => readFactsFile(directory, FrozenFacts);

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
