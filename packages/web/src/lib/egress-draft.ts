import { type EgressPolicy, NewEgress, proxyKey, readProxyUrl } from "@browservm/contract";

/** Where a session may go, as it was typed. The password is only here, and only until it is sent. */
export interface EgressDraft {
  readonly default: "" | "allow" | "deny";
  /** One entry a line. */
  readonly allow: string;
  readonly deny: string;
  /** Public resolvers are denied, too. */
  readonly denyPublicDns: boolean;
  readonly proxyUrl: string;
  readonly proxyUser: string;
  readonly proxyPassword: string;
  readonly proxyExit: string;
  /** Address of a proxy whose name and password were known, and are no more. */
  readonly lostCredentialsOf: string;
}

export const EMPTY_EGRESS: EgressDraft = {
  default: "",
  allow: "",
  deny: "",
  denyPublicDns: false,
  proxyUrl: "",
  proxyUser: "",
  proxyPassword: "",
  proxyExit: "",
  lostCredentialsOf: "",
};

export type EgressProblems = Partial<Record<keyof EgressDraft, string>>;
export type EgressDraftResult =
  | { readonly ok: true; readonly policy: NewEgress | null }
  | { readonly ok: false; readonly problems: EgressProblems };

/** What is in force, for the form; of credentials nothing. */
export const egressDraftOf = (policy: EgressPolicy | null): EgressDraft => ({
  ...EMPTY_EGRESS,
  default: policy?.default ?? "",
  allow: (policy?.allow ?? []).join("\n"),
  deny: (policy?.deny ?? []).join("\n"),
  denyPublicDns: policy?.denyPublicDns ?? false,
  proxyUrl: policy?.proxy?.url ?? "",
  proxyExit: policy?.proxy?.expectExit ?? "",
});

/**
 * Makes the policy of what was typed (null: none), or says per field what is wrong, entry by entry. Without a user name and
 * a password a proxy keeps the credentials that `before` has for the same address.
 */
export function readEgressDraft(draft: EgressDraft, before: EgressPolicy | null = null): EgressDraftResult {
  const [allow, deny] = [entriesOf(draft.allow), entriesOf(draft.deny)];
  const proxy = proxyOf(draft, before);
  const { denyPublicDns } = draft;
  if (lacksCredentials(draft)) return { ok: false, problems: { proxyUser: LOST_WORDS } };
  if (allow.length + deny.length === 0 && draft.default === "" && !denyPublicDns && !proxy)
    return { ok: true, policy: null };
  const parsed = NewEgress.safeParse({
    ...(draft.default === "" ? {} : { default: draft.default }),
    allow: allow.map(({ entry }) => entry),
    deny: deny.map(({ entry }) => entry),
    ...(denyPublicDns ? { denyPublicDns } : {}),
    ...(proxy ? { proxy } : {}),
  });
  if (parsed.success) return { ok: true, policy: parsed.data };
  const problems: EgressProblems = {};
  for (const { path, message } of parsed.error.issues) {
    const field = fieldOf(path.map(String));
    const at = (field === "deny" ? deny : allow)[Number(path[1])]?.line;
    const words = field === "proxyUser" || field === "proxyPassword" ? CREDENTIAL_WORDS : placed(message, at);
    problems[field] = [problems[field], words].filter(Boolean).join(" ");
  }
  return { ok: false, problems };
}

/** Never what was typed: it is a secret. */
const CREDENTIAL_WORDS =
  "A name of 1 to 255 bytes without a colon; a password of at most 255; no control characters.";

/** Those of a session are forgotten with it. */
export const LOST_WORDS = "Its proxy had a name and a password, which are not kept: give them again.";

const lacksCredentials = ({ lostCredentialsOf, proxyUrl, proxyUser, proxyPassword }: EgressDraft): boolean =>
  proxyUser + proxyPassword === "" && isSameProxy(lostCredentialsOf, proxyUrl.trim());

const placed = (message: string, line: number | undefined): string =>
  line === undefined ? `${message}.` : `Line ${line}: ${message}.`;

interface Entry {
  readonly entry: string;
  /** Where it stands in the field, from 1. */
  readonly line: number;
}

const entriesOf = (text: string): Entry[] =>
  text
    .split("\n")
    .map((line, index) => ({ entry: line.trim(), line: index + 1 }))
    .filter(({ entry }) => entry !== "");

function proxyOf(
  { proxyUrl, proxyUser, proxyPassword, proxyExit }: EgressDraft,
  before: EgressPolicy | null,
) {
  const url = proxyUrl.trim();
  // what belongs to a proxy is not dropped because its address was forgotten: all would go past it
  if ([url, proxyUser, proxyPassword, proxyExit.trim()].every((typed) => typed === "")) return undefined;
  const exit = proxyExit.trim() === "" ? {} : { expectExit: proxyExit.trim() };
  const known = isSameProxy(before?.proxy?.url, url) ? before?.proxy?.credentials : undefined;
  const typed = proxyUser + proxyPassword === "" ? known : { username: proxyUser, password: proxyPassword };
  return { url, ...exit, ...(typed === undefined ? {} : { credentials: typed }) };
}

/** The form for another session that may go where one that is over might. */
export const egressDraftAfter = (policy: EgressPolicy | null): EgressDraft => ({
  ...egressDraftOf(policy),
  lostCredentialsOf: policy?.proxy?.credentials ? policy.proxy.url : "",
});

/** However both are written. */
function isSameProxy(one: string | undefined, other: string): boolean {
  const [a, b] = [readProxyUrl(one ?? ""), readProxyUrl(other)];
  return a.kind !== "bad" && b.kind !== "bad" && proxyKey(a) === proxyKey(b);
}

function fieldOf([first, second, third]: readonly string[]): keyof EgressDraft {
  if (first === "deny") return "deny";
  if (first === "default") return "default";
  if (first !== "proxy") return "allow";
  if (second === "expectExit") return "proxyExit";
  if (second !== "credentials") return "proxyUrl";
  return third === "password" ? "proxyPassword" : "proxyUser";
}
