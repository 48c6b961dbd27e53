import { type EgressNetwork, type EgressPolicy, egressDefault, readEgressTarget } from "@browservm/contract";
import { CLOSED_RANGES, NEVER_RANGES } from "../firewall/closed-ranges.ts";
import { parseRange, sizeOf, toNumber } from "../ipv4.ts";
import { NameRules } from "./name-rules.ts";
import { type AddressSpan, disjoint, type Rectangle, without } from "./rectangles.ts";

/** A policy as kernel and DNS need it. */
export interface CompiledEgress {
  /** What no entry speaks of is denied. */
  readonly isClosed: boolean;
  readonly allowedNames: NameRules;
  readonly deniedNames: NameRules;
  /** Neither overlaps within itself. */
  readonly allowed: readonly Rectangle[];
  readonly denied: readonly Rectangle[];
}

/** Policies are compiled again and again, by the watch and for each question of a guest. */
const COMPILED = new WeakMap<EgressPolicy, CompiledEgress>();

export function compileEgress(policy: EgressPolicy): CompiledEgress {
  const known = COMPILED.get(policy);
  if (known) return known;
  const [allow, deny] = [readAll(policy.allow), readAll(policy.deny)];
  const compiled = {
    isClosed: egressDefault(policy) === "deny",
    allowedNames: new NameRules(allow.names),
    deniedNames: new NameRules(deny.names),
    allowed: disjoint(allow.networks.flatMap(open)),
    denied: disjoint(deny.networks),
  };
  COMPILED.set(policy, compiled);
  return compiled;
}

/** Whether a name may lead to this address: not into what is closed or denied, unless an entry opens it. */
export function mayLeadTo({ allowed, denied }: CompiledEgress, ip: string): boolean {
  const number = toNumber(ip);
  const isIn = ({ first, last }: AddressSpan) => number >= first && number <= last;
  if (denied.some((one) => isIn(one) && one.ports.from <= 1 && one.ports.to === 65_535)) return false;
  return !CLOSED.some(isIn) || allowed.some(isIn);
}

/** Whether it is in a range that guests do not reach by themselves. */
export const isClosed = (ip: string): boolean =>
  CLOSED.some(({ first, last }) => toNumber(ip) >= first && toNumber(ip) <= last);

/** Whether an entry of the policy opens this address and port by itself. */
export const isOpened = ({ allowed }: CompiledEgress, ip: string, port: number): boolean =>
  covers(allowed, ip, port);

export const covers = (rectangles: readonly Rectangle[], ip: string, port: number): boolean =>
  rectangles.some(
    ({ first, last, ports }) =>
      toNumber(ip) >= first && toNumber(ip) <= last && port >= ports.from && port <= ports.to,
  );

const toSpan = (cidr: string): AddressSpan => {
  const { base, prefix } = parseRange(cidr);
  return { first: base, last: base + sizeOf(prefix) - 1 };
};
const sorted = (ranges: readonly string[]) => ranges.map(toSpan).sort((a, b) => a.first - b.first);
const CLOSED = sorted(CLOSED_RANGES);
const NEVER = sorted(NEVER_RANGES);

/** Only an entry that lies within a closed range opens a part of it: 0.0.0.0/0 means the internet, not the LAN. */
function open(network: EgressNetwork): Rectangle[] {
  const isWithin = CLOSED.some(({ first, last }) => first <= network.first && network.last <= last);
  return without(network, isWithin ? NEVER : CLOSED);
}

function readAll(entries: readonly string[]) {
  const targets = entries.map(readEgressTarget);
  return {
    names: targets.filter((target) => target.kind === "name"),
    networks: targets.filter((target) => target.kind === "network"),
  };
}
