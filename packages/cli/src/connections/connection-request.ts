import { basename } from "node:path";
import { BrowserVmError } from "@browservm/contract";
import { type CreateConnectionOptions, StorageState, TokenAnswer, tokensOf } from "@browservm/sdk";
import type { z } from "zod";
import { readSecret, readSecretJson } from "./read-secret.ts";

export interface AddOptions {
  readonly subject?: string;
  readonly tokens?: string;
  readonly issuer?: string;
  readonly tokenEndpoint?: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly file?: readonly string[];
  readonly state?: string;
}

/** The request for a connection that the options describe; its secrets are read from files. */
export async function connectionRequest(
  provider: string,
  options: AddOptions,
  now = Date.now(),
): Promise<CreateConnectionOptions> {
  const common = { provider, ...(options.subject === undefined ? {} : { subject: options.subject }) };
  const { tokens, file = [], state } = options;
  const ways = [tokens !== undefined, file.length > 0, state !== undefined].filter(Boolean);
  if (ways.length !== 1) throw wrong("give one of --tokens, --file and --state");
  if (tokens !== undefined) return { ...common, ...(await oauth(tokens, options, now)) };
  if (state !== undefined) return { ...common, ...(await cookies(state)) };
  return { ...common, kind: "files", files: await Promise.all(file.map(oneFile)) };
}

async function oauth(from: string, options: AddOptions, now: number) {
  const { issuer, tokenEndpoint, clientId, clientSecretFile } = options;
  if (clientId === undefined) throw wrong("--tokens needs --client-id, and --issuer or --token-endpoint");
  const answer = parsed(TokenAnswer, await readSecretJson(from), from);
  const secret = clientSecretFile && (await readSecret(clientSecretFile)).toString("utf8").trim();
  return {
    kind: "oauth" as const,
    client: { clientId, ...defined({ issuer, tokenEndpoint }), ...(secret ? { clientSecret: secret } : {}) },
    tokens: tokensOf(answer, now),
  };
}

/** `LOCAL` or `LOCAL:PATH`, the path below the home in the VM. */
async function oneFile(text: string) {
  const at = text.lastIndexOf(":");
  const [local, path] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, basename(text)];
  return { path, data: (await readSecret(local)).toString("base64") };
}

async function cookies(from: string): Promise<Pick<Cookies, "kind" | "cookies" | "storage">> {
  const { cookies, storage } = parsed(StorageState, await readSecretJson(from), from);
  // The API says what a cookie is.
  return { kind: "cookies", cookies: cookies as Cookies["cookies"], storage };
}

type Cookies = Extract<CreateConnectionOptions, { kind: "cookies" }>;

function parsed<S extends z.ZodType>(schema: S, value: unknown, from: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const places = result.error.issues.map(({ path }) => path.join(".") || "the whole of it").join(", ");
  throw wrong(`${from === "-" ? "stdin" : from} is not as it should be: ${places}`);
}

/** Without what is not there. */
const defined = <T extends Record<string, string | undefined>>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: string;
  };

const wrong = (why: string) => new BrowserVmError("BAD_REQUEST", why, { issues: [] });
