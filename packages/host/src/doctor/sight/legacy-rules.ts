import { readFileSync } from "node:fs";
import { isBrowserVmError } from "@browservm/contract";
import { run } from "../../process/run.ts";

const TIMEOUT_MS = 5000;

/** The rules of the old iptables (not the one on top of nftables), or why they cannot be read. */
export interface LegacyRules {
  readonly rules: readonly string[];
  readonly unread?: string;
}

/** Spawns nothing unless a legacy table is loaded in this namespace. */
export async function readLegacyRules(): Promise<LegacyRules> {
  if (!hasTables()) return { rules: [] };
  try {
    const { stdout } = await run("iptables-legacy-save", ["-c"], { timeoutMs: TIMEOUT_MS });
    return { rules: parseSaved(stdout) };
  } catch (error) {
    if (!isBrowserVmError(error)) throw error;
    return { rules: [], unread: error.message };
  }
}

/** The file is absent where the module is not loaded, and empty where no table is. */
function hasTables(): boolean {
  try {
    return readFileSync("/proc/thread-self/net/ip_tables_names", "utf8").trim() !== "";
  } catch {
    return false;
  }
}

/** `*table`, `:CHAIN POLICY [packets:bytes]`, `[packets:bytes] -A CHAIN …` (iptables-save(8)) as one line each. */
export function parseSaved(text: string): string[] {
  let table = "";
  return text.split("\n").flatMap((line) => {
    if (line.startsWith("*")) table = line.slice(1).trim();
    const policy = /^:(\S+) (ACCEPT|DROP) (\[\d+:\d+\])/.exec(line);
    if (policy) return [`${policy[3]} -t ${table} -P ${policy[1]} ${policy[2]}`];
    const rule = /^(\[\d+:\d+\]) (-A .*)$/.exec(line);
    return rule ? [`${rule[1]} -t ${table} ${rule[2]}`] : [];
  });
}
