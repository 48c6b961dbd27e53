import { Ipv4 } from "@browservm/contract";

/** An IPv4 network as numbers: its first address (host bits zero) and its prefix length. */
export interface Ipv4Range {
  readonly base: number;
  readonly prefix: number;
}

/** An IPv4 address as an unsigned 32-bit number. */
export const toNumber = (ip: string): number =>
  ip.split(".").reduce((number, part) => number * 256 + Number(part), 0);

export const toIpv4 = (number: number): Ipv4 =>
  Ipv4.parse([24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join("."));

/** How many addresses a prefix holds, e.g. 24 → 256. */
export const sizeOf = (prefix: number): number => 2 ** (32 - prefix);

export function parseRange(cidr: string): Ipv4Range {
  const [ip = "", bits = "32"] = cidr.split("/");
  const prefix = Number(bits);
  return { base: Math.floor(toNumber(ip) / sizeOf(prefix)) * sizeOf(prefix), prefix };
}

export const formatRange = ({ base, prefix }: Ipv4Range): string => `${toIpv4(base)}/${prefix}`;

export const overlaps = (a: Ipv4Range, b: Ipv4Range): boolean =>
  a.base < b.base + sizeOf(b.prefix) && b.base < a.base + sizeOf(a.prefix);

export const contains = ({ base, prefix }: Ipv4Range, ip: string): boolean => {
  const number = toNumber(ip);
  return number >= base && number < base + sizeOf(prefix);
};
