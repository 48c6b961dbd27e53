import { networkInterfaces } from "node:os";
import type { Config } from "@browservm/contract";

const MAX_ADDRESSES = 8;
const EVERYWHERE: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** The address of the port: that of `media.listen`, else that of `listen`. */
export function listenHost({ media, listen }: Pick<Config, "media" | "listen">): string {
  const host = media.listen || listen.slice(0, listen.lastIndexOf(":"));
  return host.replace(/^\[|\]$/g, "");
}

/** What viewers are told: what was set, else what is listened on, else all addresses of this machine. */
export function announcedAddresses({ announce }: Pick<Config["media"], "announce">, host: string): string[] {
  if (announce.length > 0) return [...announce];
  if (!EVERYWHERE.has(host)) return [host === "localhost" ? "127.0.0.1" : host];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const wanted = all.filter(({ family }) => host === "::" || family === "IPv4");
  const outside = wanted.filter(({ internal, address }) => !internal && !address.startsWith("fe80:"));
  const inside = wanted.filter(({ internal }) => internal);
  return [...outside, ...inside].map(({ address }) => address).slice(0, MAX_ADDRESSES);
}
