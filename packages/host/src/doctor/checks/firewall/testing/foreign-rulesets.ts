import { parseRuleset, type Ruleset } from "../../../../net/firewall/nft.ts";

/** Statements as libnftables-json(5) writes them. */
type Expression = Record<string, unknown>;
const match = (left: Expression, right: unknown, op = "=="): Expression => ({ match: { op, left, right } });
export const iif = (name: unknown, op = "=="): Expression => match({ meta: { key: "iifname" } }, name, op);
export const oif = (name: unknown, op = "=="): Expression => match({ meta: { key: "oifname" } }, name, op);
export const etherIp = match({ payload: { protocol: "ether", field: "type" } }, "ip");
export const ipVersion = match({ payload: { protocol: "ip", field: "version" } }, 4);
export const saddr = (right: unknown): Expression =>
  match({ payload: { protocol: "ip", field: "saddr" } }, right);
export const dport = (right: unknown): Expression =>
  match({ payload: { protocol: "tcp", field: "dport" } }, right);
export const established = match({ ct: { key: "state" } }, ["established", "related"], "in");
export const counter = (packets = 0): Expression => ({ counter: { packets, bytes: packets * 84 } });
export const accept: Expression = { accept: null };
export const drop: Expression = { drop: null };
export const jump = (target: string): Expression => ({ jump: { target } });
/** A match that nft 1.0.6 cannot write as JSON (conntrack, addrtype, limit, … of iptables-nft). */
export const extension: Expression = { xt: null };

export interface Place {
  readonly family?: string;
  readonly table?: string;
}

/** A base chain and its rules as `nft -j list ruleset` writes them. */
export function base(
  name: string,
  hook: { readonly hook: string; readonly prio?: number; readonly policy?: string; readonly dev?: string },
  ...rules: ReadonlyArray<readonly Expression[]>
): (place: Place) => object[] {
  return ({ family = "inet", table = "filter" }) => [
    { chain: { family, table, name, type: "filter", prio: 0, policy: "accept", ...hook } },
    ...rules.map((expr, index) => ({ rule: { family, table, chain: name, handle: index + 10, expr } })),
  ];
}

export function chain(name: string, ...rules: ReadonlyArray<readonly Expression[]>) {
  return ({ family = "inet", table = "filter" }: Place): object[] => [
    { chain: { family, table, name } },
    ...rules.map((expr, index) => ({ rule: { family, table, chain: name, handle: index + 100, expr } })),
  ];
}

export const ruleset = (place: Place, ...chains: ReadonlyArray<(place: Place) => object[]>): Ruleset =>
  parseRuleset(JSON.stringify({ nftables: chains.flatMap((one) => one(place)) }));

const IP_FILTER = { family: "ip", table: "filter" };

/** Docker 24 on iptables-nft, with one published port; `user` is what stands in DOCKER-USER. */
export const docker = (...user: ReadonlyArray<readonly Expression[]>): Ruleset =>
  ruleset(
    IP_FILTER,
    base("INPUT", { hook: "input" }),
    base(
      "FORWARD",
      { hook: "forward", policy: "drop" },
      [counter(), jump("DOCKER-USER")],
      [counter(), jump("DOCKER-ISOLATION-STAGE-1")],
      [oif("docker0"), extension, counter(), accept],
      [oif("docker0"), counter(), jump("DOCKER")],
      [iif("docker0"), oif("docker0", "!="), counter(), accept],
      [iif("docker0"), oif("docker0"), counter(), accept],
    ),
    base("OUTPUT", { hook: "output" }),
    chain("DOCKER", [iif("docker0", "!="), oif("docker0"), dport(80), counter(), accept]),
    chain(
      "DOCKER-ISOLATION-STAGE-1",
      [iif("docker0"), oif("docker0", "!="), counter(), jump("DOCKER-ISOLATION-STAGE-2")],
      [counter(), { return: null }],
    ),
    chain("DOCKER-ISOLATION-STAGE-2", [oif("docker0"), counter(), drop], [counter(), { return: null }]),
    chain("DOCKER-USER", ...user, [counter(), { return: null }]),
  );

/** ufw 0.36 enabled, with SSH allowed, on iptables-nft; `user` are the rules that a person added. */
export const ufw = (...user: ReadonlyArray<readonly Expression[]>): Ruleset =>
  ruleset(
    IP_FILTER,
    base(
      "INPUT",
      { hook: "input", policy: "drop" },
      [counter(), jump("ufw-before-input")],
      [counter(), jump("ufw-after-input")],
      [counter(), jump("ufw-reject-input")],
    ),
    base("FORWARD", { hook: "forward", policy: "drop" }, [counter(), jump("ufw-before-forward")]),
    base("OUTPUT", { hook: "output" }, [counter(), jump("ufw-before-output")]),
    chain(
      "ufw-before-input",
      [iif("lo"), counter(), accept],
      [extension, counter(), accept],
      [extension, counter(), jump("ufw-logging-deny")],
      [extension, counter(), drop],
      [match({ payload: { protocol: "icmp", field: "type" } }, "echo-request"), counter(), accept],
      [counter(), jump("ufw-user-input")],
    ),
    chain("ufw-before-forward", [extension, counter(), accept], [counter(), jump("ufw-user-forward")]),
    chain("ufw-before-output", [oif("lo"), counter(), accept], [extension, counter(), accept]),
    chain("ufw-logging-deny", [extension, extension]),
    chain("ufw-after-input", [dport(139), counter(), jump("ufw-skip-to-policy-input")]),
    chain("ufw-skip-to-policy-input", [counter(), drop]),
    chain("ufw-reject-input"),
    chain("ufw-user-input", ...user, [dport(22), counter(), accept]),
    chain("ufw-user-forward", ...user),
  );

/** firewalld 1.3 with its default zone public; `zone` are dispatch rules for further links. */
export const firewalld = (...zone: ReadonlyArray<readonly Expression[]>): Ruleset =>
  ruleset(
    { family: "inet", table: "firewalld" },
    base(
      "filter_INPUT",
      { hook: "input", prio: 10 },
      [match({ ct: { key: "state" } }, { set: ["established", "related"] }, "in"), accept],
      [match({ ct: { key: "status" } }, "dnat", "in"), accept],
      [iif("lo"), accept],
      [match({ ct: { key: "state" } }, "invalid", "in"), drop],
      [jump("filter_INPUT_ZONES")],
      [{ reject: { type: "icmpx", expr: "admin-prohibited" } }],
    ),
    chain("filter_INPUT_ZONES", ...zone, [{ goto: { target: "filter_IN_public" } }]),
    chain(
      "filter_IN_public",
      [dport(22), match({ ct: { key: "state" } }, ["new", "untracked"], "in"), accept],
      [match({ meta: { key: "l4proto" } }, { set: ["icmp", "ipv6-icmp"] }), accept],
    ),
    chain("filter_IN_trusted", [accept]),
  );
