import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describeCpu } from "../host-cpu.ts";
import type { VmmSpec } from "../vmm.ts";
import type { Machine } from "./machine.ts";

/** The processor that guests of this machine see. */
export async function cpuName(
  { emulatedCpu }: Machine,
  accelerator: VmmSpec["accelerator"],
): Promise<string> {
  if (accelerator === "tcg") return `${emulatedCpu} (emulated)`;
  const cpuinfo = await readFile("/proc/cpuinfo", "utf8");
  return `${describeCpu(cpuinfo)}, features ${featuresOf(cpuinfo)}`;
}

/** A hash of what it can: firmware and hypervisors take features from processors of the same name. */
function featuresOf(cpuinfo: string): string {
  const features = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? "";
  return createHash("sha256").update(features).digest("hex").slice(0, 8);
}
