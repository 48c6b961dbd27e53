import { readFile } from "node:fs/promises";
import { BrowserVmError, NewEgress } from "@browservm/contract";
import { type ProxyArguments, proxyOf } from "./proxy-options.ts";

export const ALLOW = "go only there: name, *.name, address, network, each with :port if wanted (repeat it)";
export const DENY = "never go there (repeat it)";
export const EGRESS_FILE = "where it may go: a file with {default, allow, deny, proxy} as JSON";

export interface EgressArguments extends ProxyArguments {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly egress?: string;
}

/** Collects an option that may be repeated. */
export const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** The policy that a command line asks for: the file, and what is listed besides; undefined when it asks for none. */
export async function egressOf(options: EgressArguments): Promise<NewEgress | undefined> {
  const { allow, deny, egress } = options;
  const proxy = await proxyOf(options);
  if (!allow && !deny && !proxy && egress === undefined) return undefined;
  const file = egress === undefined ? {} : await readJson(egress);
  const base = NewEgress.safeParse(file);
  if (!base.success) throw invalid(egress ?? "", base.error.issues);
  const policy = NewEgress.safeParse({
    ...base.data,
    allow: [...base.data.allow, ...(allow ?? [])],
    deny: [...base.data.deny, ...(deny ?? [])],
    ...(proxy ? { proxy } : {}),
  });
  if (!policy.success) throw invalid("the egress policy", policy.error.issues);
  return policy.data;
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new BrowserVmError("BAD_REQUEST", `${path} cannot be read`, { path }, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BrowserVmError("BAD_REQUEST", `${path} is no JSON`, { path }, { cause });
  }
}

function invalid(
  what: string,
  issues: ReadonlyArray<{ readonly path: PropertyKey[]; readonly message: string }>,
) {
  const told = issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const words = told.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
  return new BrowserVmError("BAD_REQUEST", `${what}: ${words}`, { issues: told });
}
