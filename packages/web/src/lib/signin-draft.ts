import { CreateSignin } from "@browservm/contract";
import type { z } from "zod";

/** How one signs in somewhere: as a provider that is known, at an OAuth provider, or at a website. */
export type SigninWay = { readonly provider: string } | "oauth" | "cookies";

type SigninField =
  | ("provider" | "subject" | "expiresIn" | "issuer" | "clientId" | "clientSecret" | "scopes" | "flow")
  | ("authorizationEndpoint" | "tokenEndpoint" | "deviceEndpoint" | "audience" | "subjectFrom")
  | ("parameters" | "redirectPort" | "redirectPath" | "url" | "origins" | "doneCookie");
type Typed = (name: SigninField) => string;

export type SigninProblems = Partial<Record<string, string>>;
export type SigninRequest = z.input<typeof CreateSignin>;
export type SigninDraftResult =
  | { readonly ok: true; readonly request: SigninRequest }
  | { readonly ok: false; readonly problems: SigninProblems };

/** Words of ours: those of a parser may repeat what was typed. */
const WORDS: Readonly<Record<string, string>> = {
  provider: "Small letters, digits, dots and dashes; at most 60.",
  subject: "At most 200 letters.",
  issuer: "An https address; without discovery give both endpoints below instead.",
  clientId: "The name of the client at the provider.",
  clientSecret: "Only visible letters and signs; at most 2000.",
  scopes: "Words with spaces between; at most 100.",
  authorizationEndpoint: "An https address without query.",
  tokenEndpoint: "An https address without query.",
  deviceEndpoint: "An https address without query.",
  audience: "Only visible letters and signs; at most 1000.",
  parameters: "name=value, one a line; at most 16, and none that we set by ourselves.",
  redirectPort: "0 for any that is free, or 1024 to 65535.",
  redirectPath: "A path like /callback.",
  url: "A web address with http:// or https://.",
  origins: "1 to 20 origins like https://example.com, one a line, without a path.",
  doneCookie: "The name of a cookie.",
};

/** Makes the request of what was typed, or says per field what is wrong, never repeating a secret. */
export function readSigninDraft(way: SigninWay, text: (name: string) => string): SigninDraftResult {
  const typed: Typed = (name) => text(name).trim();
  const request = {
    ...(typeof way === "object" ? way : { provider: typed("provider") }),
    ...given({ subject: typed("subject") }),
    expiresIn: Number(typed("expiresIn") || 900),
    ...(typeof way === "object" ? {} : { settings: way === "oauth" ? oauth(typed) : cookies(typed) }),
  };
  const parsed = CreateSignin.safeParse(request);
  if (parsed.success) return { ok: true, request: parsed.data };
  const problems: Record<string, string> = {};
  for (const { path, message } of parsed.error.issues) {
    const field = fieldOf(path.map(String));
    problems[field] ??= WORDS[field] ?? message;
  }
  return { ok: false, problems };
}

const oauth = (typed: Typed) => ({
  recipe: "oauth" as const,
  flow: typed("flow") || "code",
  client: {
    clientId: typed("clientId"),
    ...given({
      issuer: typed("issuer"),
      tokenEndpoint: typed("tokenEndpoint"),
      clientSecret: typed("clientSecret"),
    }),
  },
  scopes: typed("scopes").split(/\s+/).filter(Boolean),
  parameters: parametersOf(typed("parameters")),
  ...given({
    authorizationEndpoint: typed("authorizationEndpoint"),
    deviceEndpoint: typed("deviceEndpoint"),
    audience: typed("audience"),
    subjectFrom: typed("subjectFrom"),
  }),
  redirect: {
    port: Number(typed("redirectPort") || 0),
    ...given({ path: typed("redirectPath") }),
  },
});

const cookies = (typed: Typed) => ({
  recipe: "cookies" as const,
  url: typed("url"),
  origins: originsOf(typed("origins"), typed("url")),
  ...given({ doneCookie: typed("doneCookie") }),
});

/** The page's own origin where none is named. */
function originsOf(lines: string, url: string): readonly string[] {
  const named = lines.split(/\s+/).filter(Boolean);
  if (named.length > 0) return named;
  return URL.canParse(url) ? [new URL(url).origin] : [];
}

/** `name=value` in lines. A line without the sign is kept as a name that is none, which the request's schema refuses. */
function parametersOf(lines: string): Readonly<Record<string, string>> {
  const pairs = lines.split("\n").map((line) => line.trim());
  const read = (pair: string) => {
    const at = pair.indexOf("=");
    return at < 0 ? [`${pair}?`, ""] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  };
  return Object.fromEntries(pairs.filter(Boolean).map(read));
}

const given = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));

/** `settings.client.issuer` is the field `issuer`, `settings.redirect.port` is `redirectPort`. */
function fieldOf(path: readonly string[]): string {
  const names = path.filter((name) => !["settings", "client"].includes(name) && !/^\d+$/.test(name));
  const [first = "issuer", second] = names;
  if (first === "parameters") return first;
  if (first === "redirect") return second === "path" ? "redirectPath" : "redirectPort";
  return first;
}
