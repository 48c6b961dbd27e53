import { readFile } from "node:fs/promises";
import { runOrThrow } from "../child.ts";
import { findProgram } from "../find-program.ts";

const COMMAND_MS = 10_000;
const MAX_LINES = 32;

/** Rules and policies of this guest that drop or reject, in the firewall's own words; none where no firewall is. */
export async function readGuestFirewall(): Promise<string[]> {
  const legacy = (await readFile("/proc/net/ip_tables_names", "utf8").catch(() => "")).trim() !== "";
  const [nft, old] = await Promise.all([
    findProgram("nft") ? ask("nft", "list", "ruleset").then(dropsOfNft) : [],
    // Asking an iptables without loaded tables would load them.
    legacy ? askLegacy() : [],
  ]);
  return [...nft, ...old].slice(0, MAX_LINES).map((line) => line.slice(0, 512));
}

async function askLegacy(): Promise<string[]> {
  const program = ["iptables-legacy", "iptables"].find((name) => findProgram(name));
  return program ? dropsOfIptables(await ask(program, "-S")) : [];
}

/** Lines of `nft list ruleset` with the table and chain that they stand in. */
export function dropsOfNft(listing: string): string[] {
  let table = "";
  let chain = "";
  const found: string[] = [];
  for (const line of listing.split("\n").map((one) => one.trim())) {
    table = /^table (\S+ \S+) \{/.exec(line)?.[1] ?? table;
    chain = /^chain (\S+) \{/.exec(line)?.[1] ?? chain;
    if (/\b(?:drop|reject)\b/.test(line.replaceAll(/"[^"]*"/g, "")))
      found.push(`table ${table}, chain ${chain}: ${line}`);
  }
  return found;
}

/** Lines of `iptables -S`. */
export const dropsOfIptables = (listing: string): string[] =>
  listing
    .split("\n")
    .filter((line) => /^-P \S+ DROP$/.test(line) || /-j (?:DROP|REJECT)\b/.test(line))
    .map((line) => `iptables ${line}`);

const ask = (program: string, ...args: string[]): Promise<string> =>
  runOrThrow(program, args, { timeoutMs: COMMAND_MS });
