import { readFile } from "node:fs/promises";
import { isBrowserVmError } from "@browservm/contract";
import { run } from "../../process/run.ts";

/** What the old iptables (not the one on top of nftables) drops of forwarded traffic by policy, in words. */
export async function legacyDrops(link: string): Promise<string[]> {
  // Empty or absent unless a legacy table is loaded.
  const tables = await readFile("/proc/net/ip_tables_names", "utf8").catch(() => "");
  if (!tables.split("\n").includes("filter")) return [];
  try {
    const { stdout } = await run("iptables-legacy", ["-S", "FORWARD"], { timeoutMs: 10_000 });
    return isDropped(stdout, link) ? ["the legacy iptables chain FORWARD: policy DROP"] : [];
  } catch (error) {
    if (isBrowserVmError(error, "TOOL_MISSING"))
      return ["legacy iptables rules, perhaps (iptables-legacy is missing)"];
    throw error;
  }
}

/** Whether `iptables -S FORWARD` shows a policy of DROP without an accept for this link. */
export const isDropped = (rules: string, link: string): boolean =>
  /^-P FORWARD DROP$/m.test(rules) &&
  !rules.split("\n").some((rule) => rule.includes(`-i ${link} `) && rule.endsWith("-j ACCEPT"));
