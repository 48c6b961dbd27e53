import type { Ruleset } from "../nft.ts";

type Rule = Ruleset["rules"][number];
type Chain = Ruleset["chains"][number];
type Statement = Rule["expr"][number];

/** Priority of each table's chains, linux/netfilter_ipv4.h */
const PRIORITIES: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  nat: -100,
  filter: 0,
  security: 50,
};
const LINE = /^(?:\[(\d+):(\d+)\] )?-t (\S+) (-[AP]) (\S+) ?(.*)$/;

/**
 * Rules of the old iptables, one a line as "[packets:bytes] -t filter -A INPUT …" or "… -P INPUT DROP", in the form of
 * nft's. Each rule keeps its line as its comment. Matches that we do not know become `xt`: they may match or not.
 */
export function parseIptables(lines: readonly string[]): Ruleset {
  const chains: Chain[] = [];
  const rules: Rule[] = [];
  for (const line of lines) {
    const [, packets, bytes, table = "", action, chain = "", rest = ""] = LINE.exec(line) ?? [];
    const words = line.replace(/^\[[^\]]*\] /, "iptables-legacy ");
    if (action === "-P") chains.push(baseChain(table, chain, rest.trim()));
    if (action !== "-A") continue;
    const counter = { counter: { packets: Number(packets ?? 0), bytes: Number(bytes ?? 0) } };
    const expr = packets === undefined ? parseRule(rest) : [counter, ...parseRule(rest)];
    rules.push({ family: "ip", table, chain, comment: words, expr });
  }
  return { chains, rules, sets: [] };
}

const baseChain = (table: string, name: string, policy: string): Chain => ({
  family: "ip",
  table,
  name,
  type: table === "nat" ? "nat" : "filter",
  hook: name.toLowerCase(),
  prio: PRIORITIES[table] ?? 0,
  policy: policy.toLowerCase(),
});

/** One option of a rule with its arguments; `!` in front negates it. */
interface Option {
  readonly name: string;
  readonly values: readonly string[];
  readonly negated: boolean;
}

function parseRule(text: string): Statement[] {
  const options = splitOptions(text.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? []);
  const protocol = options.find(({ name }) => name === "-p")?.values[0] ?? "tcp";
  return options.flatMap((option) => statementOf(option, protocol));
}

function splitOptions(words: readonly string[]): Option[] {
  const options: Array<{ name: string; values: string[]; negated: boolean }> = [];
  let negated = false;
  for (const word of words) {
    if (word === "!") negated = true;
    else if (/^--?[a-z]/i.test(word)) {
      options.push({ name: word, values: [], negated });
      negated = false;
    } else options.at(-1)?.values.push(word);
  }
  return options;
}

const UNKNOWN: Statement = { xt: null };
const SILENT = [
  "-m",
  "--comment",
  "--reject-with",
  "--limit",
  "--limit-burst",
  "--log-prefix",
  "--log-level",
];
const ICMP_TYPES: Readonly<Record<string, string>> = { 0: "echo-reply", 8: "echo-request" };

function statementOf({ name, values, negated }: Option, protocol: string): Statement[] {
  const [value = ""] = values;
  const match = (left: unknown, right: unknown): Statement[] => [
    { match: { op: negated ? "!=" : "==", left, right } },
  ];
  const payload = (field: string, of = protocol) => ({ payload: { protocol: of, field } });
  const link = value.replace(/\+$/, "*");
  switch (name) {
    case "-i":
      return match({ meta: { key: "iifname" } }, link);
    case "-o":
      return match({ meta: { key: "oifname" } }, link);
    case "-s":
      return match(payload("saddr", "ip"), prefixOf(value));
    case "-d":
      return match(payload("daddr", "ip"), prefixOf(value));
    case "-p":
      return match({ meta: { key: "l4proto" } }, value);
    case "--sport":
    case "--sports":
      return match(payload("sport"), portsOf(value));
    case "--dport":
    case "--dports":
      return match(payload("dport"), portsOf(value));
    case "--ctstate":
    case "--state":
      return match({ ct: { key: "state" } }, value.toLowerCase().split(","));
    case "--icmp-type":
      return match(payload("type", "icmp"), ICMP_TYPES[value] ?? value);
    case "--dst-type":
      return match({ fib: { result: "type", flags: ["daddr"] } }, value.toLowerCase());
    case "--src-type":
      return match({ fib: { result: "type", flags: ["saddr"] } }, value.toLowerCase());
    case "-g":
      return [{ goto: { target: value } }];
    case "-j":
      return targetOf(value);
    default:
      return SILENT.includes(name) ? [] : [UNKNOWN];
  }
}

const TARGETS: Readonly<Record<string, Statement[]>> = {
  ACCEPT: [{ accept: null }],
  DROP: [{ drop: null }],
  REJECT: [{ reject: null }],
  RETURN: [{ return: null }],
  DNAT: [{ dnat: null }],
  SNAT: [{ snat: null }],
  MASQUERADE: [{ masquerade: null }],
  REDIRECT: [{ redirect: null }],
  NFQUEUE: [{ queue: null }],
  TARPIT: [{ drop: null }],
};
/** Targets that let the packet go on; a name in capitals with an underscore or a hyphen is somebody's chain. */
const GOES_ON =
  /^(?:LOG|NFLOG|ULOG|MARK|CONNMARK|TCPMSS|CHECKSUM|NOTRACK|CT|SET|TRACE|CLASSIFY|DSCP|TOS|TTL|TEE|AUDIT)$/;

function targetOf(name: string): Statement[] {
  const known = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
  return known ?? (GOES_ON.test(name) ? [] : [{ jump: { target: name } }]);
}

const prefixOf = (cidr: string): unknown => {
  const [addr, len = "32"] = cidr.split("/");
  return { prefix: { addr, len: Number(len) } };
};

const portsOf = (ports: string): unknown => ({
  set: ports.split(",").map((port) => {
    const [low, high] = port.split(":").map(Number);
    return high === undefined ? low : { range: [low, high] };
  }),
});
