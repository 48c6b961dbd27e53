import { z } from "zod";
import { ProxyCredentialsId } from "../ids.ts";
import { readEgressTarget, toDnsName } from "./target.ts";

const SCHEMES = { http: 80, https: 443, socks5: 1080 } as const;

/** How a proxy is spoken to: HTTP CONNECT (plainly or by TLS), or SOCKS 5 (RFC 1928). */
export interface ProxyAddress {
  readonly kind: keyof typeof SCHEMES;
  readonly host: string;
  readonly port: number;
}

/** An address that means nothing, and why. */
export interface BadProxy {
  readonly kind: "bad";
  readonly why: string;
}

/** Reads `http://proxy.example:3128`, `https://proxy.example`, `socks5://203.0.113.9:1080`. */
export function readProxyUrl(text: string): ProxyAddress | BadProxy {
  const [, scheme = "", rest = ""] = /^([a-z0-9]+):\/\/([^/]+)\/?$/i.exec(text) ?? [];
  const kind = scheme.toLowerCase();
  if (!isScheme(kind))
    return bad("write http://, https:// or socks5://, then host and port, and nothing after it");
  if (rest.includes("@"))
    return bad("credentials do not belong into the address: give them as `credentials`");
  const [hostText = "", portText, ...more] = rest.split(":");
  if (more.length > 0) return bad("an IPv6 proxy cannot be used: guests and their ways out have IPv4 only");
  const port = portText === undefined ? SCHEMES[kind] : Number(/^\d{1,5}$/.exec(portText)?.[0] ?? 0);
  if (port < 1 || port > 65_535) return bad(`“${portText}” is no port (1 to 65535)`);
  const host = readHost(hostText);
  return host === undefined
    ? bad(`“${hostText}” is neither a name nor an IPv4 address`)
    : { kind, host, port };
}

/** The one form of a proxy's address: two that differ only in writing are the same. */
export const proxyKey = ({ kind, host, port }: ProxyAddress): string => `${kind}://${host}:${port}`;

const isScheme = (text: string): text is keyof typeof SCHEMES => Object.hasOwn(SCHEMES, text);
const bad = (why: string): BadProxy => ({ kind: "bad", why });

function readHost(text: string): string | undefined {
  if (!/^[\d.]+$/.test(text)) return toDnsName(text);
  const target = readEgressTarget(text);
  return target.kind === "network" && target.first === target.last ? text : undefined;
}

const ProxyUrl = z
  .string()
  .max(300)
  .superRefine((text, context) => {
    const read = readProxyUrl(text);
    if (read.kind === "bad") context.addIssue({ code: "custom", message: read.why });
  });

const ExpectedExit = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);

/** No colon in a name (Basic), no control characters, and no more bytes than SOCKS has room for (RFC 1929). */
const word = (pattern: RegExp) =>
  z
    .string()
    .regex(pattern)
    .refine((text) => new TextEncoder().encode(text).length <= 255, "at most 255 bytes");

/** Said once, and never again by anybody. */
export const ProxyCredentials = z.strictObject({
  username: word(/^[^\p{Cc}:]+$/u),
  password: word(/^[^\p{Cc}]*$/u),
});
export type ProxyCredentials = z.infer<typeof ProxyCredentials>;

/** The proxy that all of a session goes through, or nowhere. */
export const EgressProxy = z.strictObject({
  url: ProxyUrl,
  /** The address, or network, that it must come out at. */
  expectExit: ExpectedExit.optional(),
  credentials: ProxyCredentialsId.optional(),
});
export type EgressProxy = z.infer<typeof EgressProxy>;

/** As it is asked for. Credentials by their id: those that it has already, for the same address. */
export const NewEgressProxy = EgressProxy.extend({
  credentials: z.union([ProxyCredentials, ProxyCredentialsId]).optional(),
});
export type NewEgressProxy = z.infer<typeof NewEgressProxy>;

/**
 * `unchecked`: not asked yet; `locked`: hostd was not told its credentials since it began; in these the session reaches
 * nothing. `down`: what is wrong is its `problem`, and whoever connects may still find that it is well again.
 */
export const ProxyStatus = z.enum(["unchecked", "up", "down", "locked"]);
export type ProxyStatus = z.infer<typeof ProxyStatus>;

/** A session's proxy as it was seen last. */
export const ProxyReport = z.object({
  status: ProxyStatus,
  /** Where it comes out; null: not asked (`network.exitCheckUrl`), or not known yet. */
  exit: z.string().nullable(),
  checkedAt: z.iso.datetime().nullable(),
  ms: z.number().nullable(),
  /** What was seen, in order. */
  evidence: z.array(z.string().max(500)).max(16),
  problem: z.object({ code: z.string(), message: z.string(), fix: z.string() }).nullable(),
  /** Connections that go through it now. */
  connections: z.int(),
});
export type ProxyReport = z.infer<typeof ProxyReport>;
