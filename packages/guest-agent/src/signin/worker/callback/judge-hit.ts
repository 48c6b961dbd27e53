import type { IncomingHttpHeaders } from "node:http";
import type { CallbackJob } from "@browservm/contract/guest/signin";
import { SIGNIN_LIMITS } from "@browservm/contract/guest/signin-limits";
import type { CallbackPage } from "./callback-page.ts";

export interface Hit {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

const NAMES = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Why a request cannot be the redirect that is waited for, before its parameters are looked at; undefined: it can. A page
 * under another name that leads here (DNS rebinding) says its own name, and what is not opened as a page of its own
 * (an image, a frame, something fetched or loaded ahead) says so.
 */
export function refusedAs(hit: Hit, job: CallbackJob, port: number): CallbackPage | undefined {
  const { method, headers } = hit;
  if (!NAMES.some((name) => headers.host === `${name}:${port}` || (port === 80 && headers.host === name)))
    return "foreign";
  if (pathOf(hit) !== job.path) return "missing";
  if (method !== "GET" && !(job.formPost && method === "POST")) return "malformed";
  const dest = headers["sec-fetch-dest"];
  if ((dest !== undefined && dest !== "document") || headers["sec-purpose"] !== undefined) return "foreign";
  return undefined;
}

/** The parameters of a query or a form; undefined when there are too many, one comes twice, or one is too long. */
export function parametersOf(text: string): Record<string, string> | undefined {
  const pairs = [...new URLSearchParams(text)];
  const names = new Set(pairs.map(([name]) => name));
  if (pairs.length > SIGNIN_LIMITS.parameters || names.size !== pairs.length) return undefined;
  const fits = ([name, value]: [string, string]) =>
    name.length > 0 && name.length <= 200 && value.length <= SIGNIN_LIMITS.parameterChars;
  return pairs.every(fits) ? Object.fromEntries(pairs) : undefined;
}

export const queryOf = ({ url }: Hit): string => url.slice(pathOf({ url }).length + 1);

const pathOf = ({ url }: Pick<Hit, "url">): string => url.split("?", 1)[0] ?? "";
