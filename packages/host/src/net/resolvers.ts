import { readFile } from "node:fs/promises";
import { Ipv4 } from "@browservm/contract";

/** Where the machine's resolvers are written; the second is systemd-resolved's list behind its 127.0.0.53. */
const FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"] as const;
const MOST_RESOLVERS = 3; // MAXNS, resolv.h

/** The IPv4 resolvers that a guest could use: loopback ones and `own` addresses of the machine are closed to it. */
export async function findResolvers(
  own: readonly string[],
  files: readonly string[] = FILES,
): Promise<Ipv4[]> {
  for (const file of files) {
    const usable = parseResolvers(await readFile(file, "utf8").catch(() => "")).filter(
      (ip) => !ip.startsWith("127.") && !own.includes(ip),
    );
    if (usable.length > 0) return usable.slice(0, MOST_RESOLVERS);
  }
  return [];
}

/** The IPv4 `nameserver` lines of a resolv.conf(5). */
export function parseResolvers(text: string): Ipv4[] {
  return text.split("\n").flatMap((line) => {
    const ip = Ipv4.safeParse(/^\s*nameserver\s+(\S+)/.exec(line)?.[1]);
    return ip.success ? [ip.data] : [];
  });
}
