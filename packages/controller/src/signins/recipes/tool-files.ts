import { BrowserVmError, type CliSettings } from "@browservm/contract";
import { z } from "zod";

const Claims = z.record(z.string(), z.unknown());

/** A tool's file must be JSON and have these keys, each with something in it. SIGNIN_CAPTURE_INVALID. */
export function checkJson(path: string, text: string, keys: readonly string[]): void {
  const value = parsed(text);
  if (value === undefined) throw invalidFile(path, "it is no JSON");
  for (const key of keys) if (isNothing(at(value, key))) throw invalidFile(path, `it has no ${key}`);
}

/** Whose account the files say it is. Nobody has signed that: it is the guest's word, as the files are. */
export function accountIn({ account }: CliSettings, files: ReadonlyMap<string, string>): string | null {
  if (!account) return null;
  const value = at(parsed(files.get(account.path) ?? ""), account.key);
  const name = account.claim === undefined ? value : at(claimsOf(value), account.claim);
  if (typeof name !== "string" || name === "")
    throw invalidFile(account.path, "it does not say whose account it is");
  return name;
}

export const invalidFile = (path: string, why: string) =>
  new BrowserVmError("SIGNIN_CAPTURE_INVALID", `~/${path} is not what it should be: ${why}`, { path });

const isNothing = (value: unknown) => value === undefined || value === null || value === "";

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function at(value: unknown, key: string): unknown {
  let found = value;
  for (const part of key.split(".")) {
    const known = Claims.safeParse(found).data;
    if (!known || !Object.hasOwn(known, part)) return undefined;
    found = known[part];
  }
  return found;
}

/** The middle part of a JSON Web Token (RFC 7519). */
function claimsOf(token: unknown): unknown {
  if (typeof token !== "string") return undefined;
  return parsed(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
}
