import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { VmmSpec } from "../vmm.ts";
import type { Machine } from "./machine.ts";

/** The processor that guests of this machine see. */
export const cpuName = ({ emulatedCpu }: Machine, accelerator: VmmSpec["accelerator"]): string =>
  accelerator === "tcg" ? `${emulatedCpu} (emulated)` : hostCpu(readFileSync("/proc/cpuinfo", "utf8"));

/** The host's processor as a guest under KVM sees it: its name, and a hash of all that it can (proc_cpuinfo(5)). */
export function hostCpu(cpuinfo: string): string {
  const of = (key: string) => new RegExp(`^${key}\\s*:\\s*(.*)$`, "mi").exec(cpuinfo)?.[1]?.trim();
  // The second names are those of AArch64.
  const model = of("model name") ?? `implementer ${of("CPU implementer")} part ${of("CPU part")}`;
  const flags = of("flags") ?? of("Features") ?? "";
  const hash = createHash("sha256").update(flags).digest("hex").slice(0, 8);
  return `${model} (features ${hash})`;
}
