import { contains, parseRange } from "../../ipv4.ts";
import type { Ruleset } from "../nft.ts";
import { type Field, fieldOf, isRecord, type View } from "./field.ts";

/** Whether a rule applies to a packet; `maybe` where we cannot read the rule or do not know the packet well enough. */
export type Match = "yes" | "no" | "maybe";

export interface MatchContext {
  readonly view: View;
  readonly ruleset: Ruleset;
  /** Of the rule, to find its sets. */
  readonly family: string;
  readonly table: string;
}

/** Judges one `match` statement of libnftables-json(5). */
export function judgeMatch(statement: unknown, context: MatchContext): Match {
  if (!isRecord(statement)) return "maybe";
  const { op, left, right } = statement;
  const flags = tcpFlags(left, context.view);
  if (flags !== undefined) return flags === "no" ? "no" : negateIf(op, judgeFlags(flags, right, op));
  const values = isRecord(left) && Array.isArray(left.concat) ? left.concat : [left];
  const fields = values.map((one) => fieldOf(one, context.view));
  if (fields.includes(null)) return "no";
  const [field] = fields;
  if (op === "<" || op === ">" || op === "<=" || op === ">=") return judgeOrder(op, field, right);
  return negateIf(op, holds(right, fields, context));
}

/** Whether `right` holds these values; more than one is a concatenation. */
export function holds(right: unknown, fields: readonly Field[], context: MatchContext): Match {
  if (typeof right === "string" && right.startsWith("@")) return holdsSet(right.slice(1), fields, context);
  if (Array.isArray(right)) return any(right.map((one) => holds(one, fields, context)));
  if (isRecord(right)) {
    if (Array.isArray(right.set)) return any(right.set.map((one) => holds(one, fields, context)));
    if (isRecord(right.elem)) return holds(right.elem.val, fields, context);
    if (Array.isArray(right.concat))
      return all(right.concat.map((one, index) => holds(one, [fields[index]], context)));
  }
  const [field] = fields;
  if (fields.length > 1 || field === undefined || field === null) return "maybe";
  return isOne(right, field);
}

function holdsSet(name: string, fields: readonly Field[], context: MatchContext): Match {
  const { family, table, ruleset } = context;
  const set = ruleset.sets.find((one) => one.family === family && one.table === table && one.name === name);
  return set ? any(set.elem.map((one) => holds(one, fields, context))) : "maybe";
}

function isOne(right: unknown, field: string | number | boolean): Match {
  if (isRecord(right)) {
    if (isRecord(right.prefix)) return inPrefix(right.prefix, field);
    if (Array.isArray(right.range)) return inRange(right.range, field);
    return "maybe";
  }
  if (typeof right === "boolean" || typeof field === "boolean") return yesIf(right === field);
  const word = canonical(right);
  const own = canonical(field);
  if (word.endsWith("*") && word.length > 1) return yesIf(own.startsWith(word.slice(0, -1)));
  return yesIf(word === own);
}

/** The same thing by number or by name (iana; linux/if_ether.h). */
const NAMES: Readonly<Record<string, string>> = { unicast: "host", "0x0800": "ip", "0x0806": "arp" };
const canonical = (value: unknown): string => {
  const text = String(value).toLowerCase();
  return Object.hasOwn(NAMES, text) ? (NAMES[text] ?? text) : text;
};

function inPrefix({ addr, len }: Record<string, unknown>, field: Field): Match {
  if (typeof field !== "string" || !isIpv4(field) || !isIpv4(addr)) return "no";
  return yesIf(contains(parseRange(`${addr}/${len}`), field));
}

function inRange([low, high]: readonly unknown[], field: Field): Match {
  const [from, at, to] = [low, field, high].map(orderOf);
  if (from === undefined || at === undefined || to === undefined) return "maybe";
  return yesIf(from <= at && at <= to);
}

function judgeOrder(op: "<" | ">" | "<=" | ">=", field: Field, right: unknown): Match {
  const [own, other] = [orderOf(field), orderOf(right)];
  if (own === undefined || other === undefined) return "maybe";
  if (own === other) return yesIf(op.endsWith("="));
  return yesIf(own < other === op.startsWith("<"));
}

const orderOf = (value: unknown): number | undefined => {
  if (typeof value === "number") return value;
  if (!isIpv4(value)) return undefined;
  return value.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
};
const isIpv4 = (value: unknown): value is string =>
  typeof value === "string" && /^\d{1,3}(?:\.\d{1,3}){3}$/.test(value);

/** Flags of the packet under the mask of `tcp flags & (…)`; "no" for what is not TCP; undefined: another match. */
function tcpFlags(left: unknown, { packet }: View): readonly string[] | "no" | undefined {
  const masked = isRecord(left) && Array.isArray(left["&"]) ? left["&"] : [left, undefined];
  const [field, mask] = masked;
  if (!isRecord(field) || !isRecord(field.payload)) return undefined;
  if (field.payload.protocol !== "tcp" || field.payload.field !== "flags") return undefined;
  if (packet.protocol !== "tcp") return "no";
  const set = [packet.state === "new" ? "syn" : "ack"];
  return mask === undefined ? set : set.filter((flag) => words(mask).includes(flag));
}

/** `in` asks whether one of them is set (`tcp flags syn`), `==` whether exactly these are. */
function judgeFlags(flags: readonly string[], right: unknown, op: unknown): Match {
  const asked = words(right);
  if (op === "in") return yesIf(flags.some((flag) => asked.includes(flag)));
  return yesIf(flags.length === asked.length && flags.every((flag) => asked.includes(flag)));
}

const words = (value: unknown): string[] => {
  if (isRecord(value) && Array.isArray(value["|"])) return value["|"].flatMap(words);
  return (Array.isArray(value) ? value : [value]).filter((one) => one !== 0).map(String);
};

const yesIf = (holdsTrue: boolean): Match => (holdsTrue ? "yes" : "no");
const any = (matches: readonly Match[]): Match =>
  matches.includes("yes") ? "yes" : matches.includes("maybe") ? "maybe" : "no";
export const all = (matches: readonly Match[]): Match =>
  matches.includes("no") ? "no" : matches.includes("maybe") ? "maybe" : "yes";
function negateIf(op: unknown, match: Match): Match {
  if (op !== "!=") return match;
  return match === "yes" ? "no" : match === "no" ? "yes" : "maybe";
}
