import { readFile } from "node:fs/promises";

/** What tells processors apart, on x86 and on ARM (arch/x86/kernel/cpu/proc.c, arch/arm64/kernel/cpuinfo.c). */
const NAMES = ["model name", "CPU implementer"] as const;
const NUMBERS = ["cpu family", "model", "stepping", "CPU variant", "CPU part", "CPU revision"] as const;

/** This machine's processor, as far as guests under KVM can see it, e.g. "Intel(R) Xeon(R) Gold 6230 (6/85/7)". */
export const hostCpu = async (): Promise<string> => describeCpu(await readFile("/proc/cpuinfo", "utf8"));

/** The same from the content of /proc/cpuinfo. Its first processor stands for all. */
export function describeCpu(cpuinfo: string): string {
  const field = (key: string) => new RegExp(`^${key}\\s*:\\s*(.*\\S)\\s*$`, "m").exec(cpuinfo)?.[1];
  const known = (keys: readonly string[]) => keys.map(field).filter((value) => value !== undefined);
  const [name = "unknown processor"] = known(NAMES);
  const numbers = known(NUMBERS);
  return numbers.length > 0 ? `${name} (${numbers.join("/")})` : name;
}
