import type { BrowserState } from "@browservm/contract/guest/browser-state";
import * as z from "zod";

type Cookie = BrowserState["cookies"][number];

/** A cookie as the browser tells it (CDP, Network.Cookie); other fields are of no use elsewhere. */
export const CdpCookie = z.object({
  name: z.string(),
  value: z.string(),
  domain: z.string(),
  path: z.string(),
  expires: z.number(),
  httpOnly: z.boolean(),
  secure: z.boolean(),
  session: z.boolean(),
  sameSite: z.enum(["Strict", "Lax", "None"]).optional(),
  partitionKey: z.unknown().optional(),
});
export type CdpCookie = z.infer<typeof CdpCookie>;

/** Whether a page of the origin would be sent the cookie (RFC 6265, 5.1.3 and 5.4), whatever its path. */
export function isSentTo(origin: string, { domain, secure }: Pick<CdpCookie, "domain" | "secure">): boolean {
  const { hostname, protocol } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isSafe = protocol === "https:" || hostname === "localhost" || hostname === "127.0.0.1";
  if (secure && !isSafe) return false;
  return domain.startsWith(".")
    ? host === domain.slice(1) || host.endsWith(domain)
    : host === domain.replace(/^\[|\]$/g, "");
}

/** In the vault's form. */
export function fromCdp(cookie: CdpCookie): Cookie {
  const { name, value, domain, path, expires, secure, httpOnly, session, sameSite } = cookie;
  return {
    ...{ name, value, domain, path, secure, httpOnly },
    ...(session || expires < 0 ? {} : { expires }),
    ...(sameSite ? { sameSite } : {}),
  };
}

/** As `Storage.setCookies` takes it: with a `domain` it would be for all subdomains, so a host's own has an address. */
export function toCdp({ domain, ...cookie }: Cookie): object {
  const host = domain.replace(/^\./, "");
  const url = `${cookie.secure ? "https" : "http"}://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}${cookie.path}`;
  return domain.startsWith(".") ? { ...cookie, url, domain } : { ...cookie, url };
}
