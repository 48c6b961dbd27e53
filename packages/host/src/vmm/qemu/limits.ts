import { statSync } from "node:fs";
import type { VmmSpec } from "../vmm.ts";
import { translationCacheMib } from "./command-line.ts";

const MIB = 1024 * 1024;
/** What QEMU needs beside the guest's memory: code, device state, page tables, I/O buffers. */
const OVERHEAD_MIB = 256;
/** Device state in a frozen VM's file, beside its memory; measured: below 1 MiB. */
const STATE_MIB = 64;

/** The largest file that a VMM may write: its disk, or the state with all of its memory when it is frozen. In bytes. */
export function largestFileBytes({ disks, memoryMib }: Pick<VmmSpec, "disks" | "memoryMib">): number {
  const sizes = disks.filter(({ readOnly }) => !readOnly).map(({ path }) => statSync(path).size);
  return Math.max((memoryMib + STATE_MIB) * MIB, ...sizes);
}

/** Memory of guest and VMM together, in bytes. */
export function memoryMaxBytes({ memoryMib, accelerator, restore }: VmmSpec): number {
  const translation = accelerator === "tcg" ? translationCacheMib(memoryMib) : 0;
  // A write to a hole of golden memory takes a page of the shared copy beside its own, charged to who came first.
  const shared = restore?.use === "shared" ? memoryMib : 0;
  return (memoryMib + shared + OVERHEAD_MIB + translation) * MIB;
}
