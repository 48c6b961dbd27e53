import { access } from "node:fs/promises";
import { join } from "node:path";
import type { VmmSpec } from "../vmm.ts";
import { value } from "./option-value.ts";

/** Where a guest's memory is. */
export type GuestMemory =
  /** In the VMM's own. */
  | { readonly kind: "anonymous" }
  /** In a file that the VMM writes: a golden snapshot that comes about. */
  | { readonly kind: "written-file"; readonly path: string }
  /** What the guest writes is its own; all else is read from a file, whose pages all VMs have in common. */
  | { readonly kind: "private-view"; readonly path: string; readonly readOnly: boolean };

export const ANONYMOUS: GuestMemory = { kind: "anonymous" };

/** The memory of a golden snapshot. Its holes are zeros that the guest never wrote. */
export const memoryFileOf = (directory: string): string => join(directory, "memory");

/** Whether memory lies beside the state in that directory; otherwise the state holds it. */
export const hasMemoryFile = (directory: string): Promise<boolean> =>
  access(memoryFileOf(directory)).then(
    () => true,
    () => false,
  );

/** The id of the machine's memory: the state names it, so it is the same wherever the memory is. */
const ID = "ram0";

/** What `-machine` is told of the machine's memory. */
export const MEMORY_BACKEND = `memory-backend=${ID}`;

export function memoryArguments({ memoryMib }: Pick<VmmSpec, "memoryMib">, memory: GuestMemory): string[] {
  const size = `id=${ID},size=${memoryMib}M`;
  if (memory.kind === "anonymous") return ["-object", `memory-backend-ram,${size}`];
  const file = `memory-backend-file,${size},mem-path=${value(memory.path)}`;
  if (memory.kind === "written-file") return ["-object", `${file},share=on`];
  // `readonly` is about the file: it is opened for reading only. Without `rom=off` the guest could not write, too.
  return ["-object", `${file},share=off${memory.readOnly ? ",readonly=on,rom=off" : ""}`];
}
