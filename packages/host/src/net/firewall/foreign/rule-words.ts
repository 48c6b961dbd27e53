import { isRecord } from "./field.ts";
import type { Culprit } from "./trace.ts";

/** Where a culprit stands and what it says, close to the words of `nft list ruleset`. */
export function wordsOf({ chain, rule }: Culprit): string {
  const { family, table, name, hook } = chain;
  if (!rule) return `table ${family} ${table}, chain ${name} (${hook}): policy drop`;
  const place = rule.chain === name ? name : `${rule.chain} (from ${name})`;
  const handle = rule.handle === undefined ? "" : ` # handle ${rule.handle}`;
  return `table ${family} ${table}, chain ${place}: ${rule.expr.map(statementWords).join(" ")}${handle}`;
}

/** The packets that a culprit has counted; undefined: it does not count. */
export function countOf({ rule }: Culprit): number | undefined {
  const counter = rule?.expr.map((statement) => statement.counter).find(isRecord);
  return typeof counter?.packets === "number" ? counter.packets : undefined;
}

function statementWords(statement: Record<string, unknown>): string {
  const [[kind = "", value] = []] = Object.entries(statement);
  if (kind === "match" && isRecord(value)) return matchWords(value);
  if (kind === "counter") return isRecord(value) ? `counter packets ${value.packets}` : "counter";
  if (kind === "xt") return isRecord(value) ? `xt ${value.type} ${value.name}` : "(an iptables extension)";
  if (kind === "limit" && isRecord(value))
    return `limit rate ${value.inv ? "over " : ""}${value.rate}/${value.per}`;
  if ((kind === "jump" || kind === "goto") && isRecord(value)) return `${kind} ${value.target}`;
  if (kind === "vmap" && isRecord(value)) return `${fieldWords(value.key)} vmap { … }`;
  return kind;
}

function matchWords({ op, left, right }: Record<string, unknown>): string {
  const sign = op === "==" || op === "in" ? "" : `${op} `;
  return `${fieldWords(left)} ${sign}${valueWords(right)}`;
}

function fieldWords(left: unknown): string {
  if (!isRecord(left)) return "?";
  if (isRecord(left.meta)) return String(left.meta.key);
  if (isRecord(left.payload)) return `${left.payload.protocol ?? "@"} ${left.payload.field ?? "…"}`;
  if (isRecord(left.ct)) return `ct ${left.ct.key}`;
  if (isRecord(left.fib)) return `fib ${valueWords(left.fib.flags)} ${left.fib.result}`;
  if (Array.isArray(left.concat)) return left.concat.map(fieldWords).join(" . ");
  if (Array.isArray(left["&"])) return `${fieldWords(left["&"][0])} & ${valueWords(left["&"][1])}`;
  return "?";
}

function valueWords(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueWords).join(",");
  if (!isRecord(value)) return String(value);
  if (Array.isArray(value.set)) return `{ ${value.set.map(valueWords).join(", ")} }`;
  if (isRecord(value.prefix)) return `${value.prefix.addr}/${value.prefix.len}`;
  if (Array.isArray(value.range)) return value.range.map(valueWords).join("-");
  if (Array.isArray(value.concat)) return value.concat.map(valueWords).join(" . ");
  if (isRecord(value.elem)) return valueWords(value.elem.val);
  return "…";
}
