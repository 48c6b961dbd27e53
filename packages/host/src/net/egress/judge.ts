import { type EgressVerdict, type PortRange, toDnsName } from "@browservm/contract";
import type { CompiledEgress } from "./compile.ts";
import { mayLeadTo } from "./compile.ts";
import { type Answer, type DnsMessage, isRcode, type Reply } from "./dns-message.ts";

/** What our DNS thinks of a question. */
export type Judgement =
  | { readonly do: "answer"; readonly verdict: EgressVerdict; readonly rule?: string; readonly reply: Reply }
  /** To be asked of a resolver. `ports`: what its addresses are opened for; none where nothing needs to be. */
  | {
      readonly do: "ask";
      readonly name: string;
      readonly type: string;
      readonly rule?: string;
      readonly ports: readonly PortRange[];
    };

/** What a resolver said, as far as the guest may know it. */
export interface Sifted {
  readonly verdict: EgressVerdict;
  readonly rule?: string;
  readonly reply: Reply;
  /** To be opened. */
  readonly addresses: readonly string[];
  readonly seconds: number;
}

/** Times of answers are kept within these, in seconds: short enough to be forgotten, long enough to be used. */
export interface TtlBounds {
  readonly least: number;
  readonly most: number;
}

/** Guests have no IPv6; HTTPS and SVCB carry addresses and keys of their own past us. They get an empty answer. */
const ASKED = new Set(["A", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]);
/** Browsers ask for it to learn whether the network wants to see their questions. */
const CANARY = "use-application-dns.net";
const MOST_HOPS = 8;
const MOST_ADDRESSES = 16;
const MOST_ANSWERS = 64;

const BLOCKED = "refused by this session's egress policy";

export function judge(query: DnsMessage, egress: CompiledEgress): Judgement {
  const [question, ...more] = query.questions ?? [];
  if (query.opcode !== "QUERY") return refuse("NOTIMP");
  if (!question || more.length > 0) return refuse("FORMERR");
  if (question.class !== "IN") return refuse("REFUSED");
  const name = toDnsName(question.name);
  if (name === undefined || name === CANARY) return deny();
  const denied = egress.deniedNames.match(name);
  if (denied) return deny(denied.rule);
  const allowed = egress.allowedNames.match(name);
  if (!allowed && egress.isClosed) return deny();
  const rule = allowed ? { rule: allowed.rule } : {};
  if (!ASKED.has(question.type))
    return { do: "answer", verdict: "allowed", ...rule, reply: { rcode: "NOERROR" } };
  return {
    do: "ask",
    name,
    type: question.type,
    ...rule,
    ports: egress.isClosed ? (allowed?.ports ?? []) : [],
  };
}

const refuse = (rcode: "NOTIMP" | "FORMERR" | "REFUSED"): Judgement => ({
  do: "answer",
  verdict: "denied",
  reply: { rcode },
});

// Without a SOA nobody may remember it (RFC 2308), so that a changed policy is felt at once.
const deny = (rule?: string): Judgement => ({
  do: "answer",
  verdict: "denied",
  ...(rule ? { rule } : {}),
  reply: { rcode: "NXDOMAIN", blocked: BLOCKED },
});

/** Reads a resolver's answer with suspicion: only what follows from the question counts, and nothing that leads inside. */
export function sift(
  { name, type }: { readonly name: string; readonly type: string },
  told: DnsMessage,
  { egress, ttl }: { readonly egress: CompiledEgress; readonly ttl: TtlBounds },
): Sifted {
  const none = { addresses: [], seconds: 0 };
  const rcode = isRcode(told.rcode ?? "") ? (told.rcode as Reply["rcode"]) : "SERVFAIL";
  const answers = (told.answers ?? []).slice(0, MOST_ANSWERS);
  const chain = follow(name, answers);
  if (!chain) return { verdict: "failed", reply: { rcode: "SERVFAIL" }, ...none };
  const denied = chain.names.map((one) => egress.deniedNames.match(one)).find((match) => match);
  if (denied)
    return { verdict: "denied", rule: denied.rule, reply: { rcode: "NXDOMAIN", blocked: BLOCKED }, ...none };
  const last = chain.names.at(-1);
  const found = answers.filter((one) => one.type === type && type !== "CNAME" && nameOf(one) === last);
  const addresses = found.flatMap((one) => (one.type === "A" ? [one.data] : [])).slice(0, MOST_ADDRESSES);
  if (addresses.some((ip) => !mayLeadTo(egress, ip)))
    return {
      verdict: "private",
      reply: { rcode: "NXDOMAIN", blocked: `${BLOCKED}: it leads to a closed address` },
      ...none,
    };
  const kept = [...chain.records, ...found.filter((one) => one.type !== "A" || addresses.includes(one.data))];
  const seconds = Math.min(Math.max(Math.min(...kept.map(ttlOf)), ttl.least), ttl.most);
  const reply = { rcode, answers: kept.map((one) => ({ ...one, ttl: seconds }) as Answer) };
  return { verdict: rcode === "SERVFAIL" ? "failed" : "allowed", reply, addresses, seconds };
}

const nameOf = ({ name }: Answer): string | undefined => toDnsName(name);
const ttlOf = (answer: Answer): number => ("ttl" in answer ? (answer.ttl ?? 0) : 0);

/** From the name by its aliases; nothing when they run in a circle or are too many. */
function follow(
  name: string,
  answers: readonly Answer[],
): { names: string[]; records: Answer[] } | undefined {
  const names = [name];
  const records: Answer[] = [];
  for (;;) {
    const alias = answers.find((one) => one.type === "CNAME" && nameOf(one) === names.at(-1));
    if (alias?.type !== "CNAME") return { names, records };
    const next = toDnsName(alias.data);
    if (next === undefined || names.includes(next) || names.length > MOST_HOPS) return undefined;
    names.push(next);
    records.push(alias);
  }
}
