import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** What tells processors apart, on x86 and on ARM (arch/x86/kernel/cpu/proc.c, arch/arm64/kernel/cpuinfo.c). */
const NAMES = ["model name", "CPU implementer"] as const;
const NUMBERS = ["cpu family", "model", "stepping", "CPU variant", "CPU part", "CPU revision"] as const;
const FEATURES = ["flags", "Features"] as const;

/** This machine's processor as guests under KVM see it, e.g. "Intel(R) Xeon(R) Gold 6230 (6/85/7, features 1f3a5b7c)". */
export const hostCpu = async (): Promise<string> => describeCpu(await readFile("/proc/cpuinfo", "utf8"));

/** The same from the content of /proc/cpuinfo. Its first processor stands for all. */
export function describeCpu(cpuinfo: string): string {
  const field = (key: string) => new RegExp(`^${key}\\s*:\\s*(.*\\S)\\s*$`, "m").exec(cpuinfo)?.[1];
  const known = (keys: readonly string[]) => keys.map(field).filter((value) => value !== undefined);
  const [name = "unknown processor"] = known(NAMES);
  // A new microcode can take features away from the same model.
  const hash = createHash("sha256").update(known(FEATURES).join()).digest("hex").slice(0, 8);
  return `${name} (${known(NUMBERS).join("/")}, features ${hash})`;
}
