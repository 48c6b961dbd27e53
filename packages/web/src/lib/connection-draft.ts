import { CreateConnection, type SecretFile } from "@browservm/contract";
import { StorageState, TokenAnswer, tokensOf } from "@browservm/sdk";

/** How the form of a connection was filled in. Its secrets are only here, and only while it is read. */
export interface ConnectionDraft {
  readonly kind: CreateConnection["kind"];
  readonly provider: string;
  readonly subject: string;
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** JSON: what a token endpoint answers, or what Playwright's `storageState` writes. */
  readonly json: string;
  readonly files: readonly Pick<SecretFile, "path" | "data">[];
}

export type DraftField = keyof ConnectionDraft;
export type ConnectionProblems = Partial<Record<DraftField, string>>;
export type ConnectionDraftResult =
  | { readonly ok: true; readonly request: CreateConnection }
  | { readonly ok: false; readonly problems: ConnectionProblems };

/** Words of ours: those of a parser repeat what it could not read, and that is a secret. */
const WORDS = {
  provider: "Small letters, digits, dots and dashes; at most 60.",
  subject: "At most 200 letters.",
  issuer: "An https address, or the token endpoint below.",
  tokenEndpoint: "An https address without query.",
  clientId: "The name of the client at the provider.",
  clientSecret: "Only visible letters and signs; at most 2000.",
  json: "This is not the JSON that is wanted.",
  files: "1 to 16 files with different paths below the home; 256 KiB each, 512 KiB together.",
  kind: "Unknown.",
} as const satisfies Record<DraftField, string>;

/** Makes the request of what was filled in, or says per field what is wrong, never repeating a secret. */
export function readConnectionDraft(draft: ConnectionDraft, now = Date.now()): ConnectionDraftResult {
  const request = requestOf(draft, now);
  if (request === undefined) return { ok: false, problems: { json: WORDS.json } };
  const parsed = CreateConnection.safeParse(request);
  if (parsed.success) return { ok: true, request: parsed.data };
  const problems: ConnectionProblems = {};
  for (const { path } of parsed.error.issues) {
    const field = fieldOf(path.map(String));
    problems[field] ??= WORDS[field];
  }
  return { ok: false, problems };
}

function requestOf(draft: ConnectionDraft, now: number): unknown {
  const { kind, files } = draft;
  const common = { kind, provider: draft.provider.trim(), ...given({ subject: draft.subject }) };
  if (kind === "files") return { ...common, files };
  const json = parsedJson(draft.json);
  if (kind === "cookies") {
    const state = StorageState.safeParse(json);
    return state.success ? { ...common, ...state.data } : undefined;
  }
  const answer = TokenAnswer.safeParse(json);
  if (!answer.success) return undefined;
  const { issuer, tokenEndpoint, clientId, clientSecret } = draft;
  return {
    ...common,
    client: { clientId: clientId.trim(), ...given({ issuer, tokenEndpoint, clientSecret }) },
    tokens: tokensOf(answer.data, now),
  };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // its message would repeat a part of the text
  }
}

/** Without what was left empty. */
const given = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(values)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== ""),
  );

function fieldOf([first, second]: readonly string[]): DraftField {
  if (first === "client") return isField(second) ? second : "issuer";
  if (first === "tokens" || first === "cookies" || first === "storage") return "json";
  return isField(first) ? first : "kind";
}

const isField = (name: string | undefined): name is DraftField => name !== undefined && name in WORDS;
