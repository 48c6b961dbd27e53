import { hostCpu } from "../host-cpu.ts";
import type { VmmSpec } from "../vmm.ts";
import type { Machine } from "./machine.ts";

/** The processor that guests of this machine see. */
export const cpuName = async (
  { emulatedCpu }: Machine,
  accelerator: VmmSpec["accelerator"],
): Promise<string> => (accelerator === "tcg" ? `${emulatedCpu} (emulated)` : hostCpu());
