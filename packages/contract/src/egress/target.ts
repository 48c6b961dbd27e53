/** What one entry of an egress list means. Ports are inclusive; without any in the entry: all. */
export type EgressTarget = EgressName | EgressNetwork;

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

/** A name as DNS has it: lower case, ASCII. `wildcard`: every name below it, but not itself. */
export interface EgressName {
  readonly kind: "name";
  readonly name: string;
  readonly wildcard: boolean;
  readonly ports: PortRange;
}

/** Addresses from the first to the last, as numbers. */
export interface EgressNetwork {
  readonly kind: "network";
  readonly first: number;
  readonly last: number;
  readonly ports: PortRange;
}

/** An entry that means nothing, and why. */
export interface BadTarget {
  readonly kind: "bad";
  readonly why: string;
}

export const ALL_PORTS: PortRange = { from: 0, to: 65_535 };
/** Each port of a name is an element of its own for each of its addresses. */
const MOST_PORTS_OF_NAME = 16;
const LAST_ADDRESS = 2 ** 32 - 1;

/** Reads `example.com`, `*.example.com:443`, `203.0.113.7`, `10.0.0.0/8:8000-8010`, or `:443` (any address). */
export function readEgressTarget(text: string): EgressTarget | BadTarget {
  if (/[[\]]|:.*:/.test(text)) return bad("guests have IPv4 only, so an IPv6 address means nothing here");
  const [host = "", portText, ...rest] = text.split(":");
  if (rest.length > 0 || text === "") return bad("write name, address or network, then perhaps :port");
  const ports = portText === undefined ? ALL_PORTS : readPorts(portText);
  if (!ports) return bad(`“${portText}” is no port (1 to 65535) and no range like 8000-8010`);
  if (host === "") return { kind: "network", first: 0, last: LAST_ADDRESS, ports };
  return /^[\d./]+$/.test(host) ? readNetwork(host, ports) : readName(host, ports);
}

const bad = (why: string): BadTarget => ({ kind: "bad", why });

function readPorts(text: string): PortRange | undefined {
  const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const range = { from: Number(from), to: Number(to) };
  return range.from >= 1 && range.from <= range.to && range.to <= 65_535 ? range : undefined;
}

function readNetwork(text: string, ports: PortRange): EgressTarget | BadTarget {
  const [ip = "", bits = "32", ...rest] = text.split("/");
  const parts = /^\d{1,3}(\.\d{1,3}){3}$/.test(ip) ? ip.split(".").map(Number) : [];
  const prefix = /^\d{1,2}$/.test(bits) ? Number(bits) : 99;
  // A part with a leading zero is octal to some and decimal to others.
  const isClear = parts.length === 4 && parts.every((part) => part <= 255) && !/(^|\.)0\d/.test(ip);
  if (!isClear || prefix > 32 || rest.length > 0)
    return bad("neither an IPv4 address nor a network like 10.0.0.0/8");
  const size = 2 ** (32 - prefix);
  const base = parts.reduce((number, part) => number * 256 + part, 0);
  const first = Math.floor(base / size) * size;
  if (first !== base) return bad(`${text} has bits beyond its prefix: write the network's first address`);
  return { kind: "network", first, last: first + size - 1, ports };
}

function readName(text: string, ports: PortRange): EgressTarget | BadTarget {
  const wildcard = text.startsWith("*.");
  const plain = wildcard ? text.slice(2) : text;
  if (plain.includes("*"))
    return bad("a * may only stand for all that is before the first dot: *.example.com");
  const name = toDnsName(plain);
  if (name === undefined) return bad("no name that DNS could have");
  if (wildcard && !name.includes(".")) return bad(`*.${name} would be a whole top-level domain`);
  if (ports !== ALL_PORTS && ports.to - ports.from >= MOST_PORTS_OF_NAME)
    return bad(`with a name at most ${MOST_PORTS_OF_NAME} ports can be given`);
  return { kind: "name", name, wildcard, ports };
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** As DNS has it – lower case, international names in their ASCII form, no dot at the end – or nothing. */
export function toDnsName(text: string): string | undefined {
  const bare = text.endsWith(".") ? text.slice(0, -1) : text;
  if (bare === "" || bare.length > 253 || /[\s/?#@\\%]/.test(bare)) return undefined;
  const ascii = isAscii(bare) ? bare.toLowerCase() : URL.parse(`http://${bare}`)?.hostname;
  if (ascii === undefined || ascii.length > 253) return undefined;
  const labels = ascii.split(".");
  // What ends in a number is an address to some programs.
  const isName =
    labels.every((label) => LABEL.test(label)) && !/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "");
  return isName ? ascii : undefined;
}

const isAscii = (text: string): boolean => /^[\x21-\x7e]*$/.test(text);
