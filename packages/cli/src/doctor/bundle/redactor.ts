/** Stands where a secret was. */
export const REDACTED = "[redacted]";

const SECRET_NAME = String.raw`[\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization|cookie)[\w.-]*`;
const NAMES_SECRET = new RegExp(`^${SECRET_NAME}$`, "i");
/** Shorter values would tear holes into words that only look alike. */
const SHORTEST = 6;

/** What is a secret by its form, whatever it is called; `$1` is kept. Order matters: the whole before its parts. */
const FORMS: readonly RegExp[] = [
  /()-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
  // Ours: API keys, view links, sign-in links.
  /()\bbv[a-z]_[\w-]{16,}/g,
  // JSON Web Tokens, and what code hosts, clouds and registries give out.
  /()\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /()\b(?:gh[pousr]_|github_pat_|glpat-|xox[a-z]-|npm_|sk-|AIza)[\w-]{16,}/g,
  /()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\b((?:Bearer|Basic|Digest) )[\w+/=.~-]{6,}/gi,
  // User and password of an address (RFC 3986 §3.2.1), and the values of its query and fragment.
  /([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+(?=@)/gi,
  /([?&#][\w.~%[\]-]+=)[^&\s"'<>#\\]+/g,
  /\b((?:set-)?cookie\\?["']?\s*[:=]\s*)[^\r\n]+/gi,
  new RegExp(
    String.raw`(${SECRET_NAME}\\?["']?\s*[:=]\s*)(?:\\?"(?:[^"\\]|\\[^"])*\\?"|'[^']*'|[^\s,;}&"']+)`,
    "gi",
  ),
  new RegExp(String.raw`(--${SECRET_NAME}\s+)\S+`, "gi"),
];

/** Takes secrets out of texts: those whose value is known, those in a known form, and whatever bears a telling name. */
export class Redactor {
  readonly #known: readonly string[];

  /** `known`: secret values as they are. */
  constructor(known: Iterable<string>) {
    const long = [...new Set(known)].filter((value) => value.length >= SHORTEST);
    const forms = long.flatMap((value) => [
      value,
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1),
    ]);
    const encoded = long.map((value) => Buffer.from(value).toString("base64").replace(/=+$/, ""));
    // Long ones first, for one may contain another.
    this.#known = [...new Set([...forms, ...encoded])].toSorted((a, b) => b.length - a.length);
  }

  text(text: string): string {
    const withoutKnown = this.#known.reduce((rest, value) => rest.replaceAll(value, REDACTED), text);
    return FORMS.reduce((rest, form) => rest.replace(form, `$1${REDACTED}`), withoutKnown);
  }

  /** A JSON value with every secret field and every secret in a string taken out. */
  json(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.json(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => this.#field(name, field)));
  }

  #field(name: string, field: unknown): [string, unknown] {
    const isSecret = NAMES_SECRET.test(name) && (typeof field === "string" || typeof field === "number");
    return [this.text(name), isSecret ? REDACTED : this.json(field)];
  }
}

/** Values of variables that bear a telling name or hold an address with a password; passwords of addresses in settings. */
export function knownSecrets(env: Readonly<Record<string, string | undefined>>, settings: unknown): string[] {
  const values = Object.entries(env).flatMap(([name, value = ""]) => [
    ...(NAMES_SECRET.test(name) ? [value] : []),
    ...passwordsIn(value),
  ]);
  return [...values, ...passwordsIn(JSON.stringify(settings))];
}

/** Percent-decoded too, for programs log what they understood. */
function passwordsIn(text: string): string[] {
  return [...text.matchAll(/[a-z][a-z0-9+.-]*:\/\/[^\s/@:"]*:([^\s/@"]+)@/gi)].flatMap(
    ([, password = ""]) => [password, decoded(password)],
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone per cent sign stands for itself
  }
}
