import type { IncomingHttpHeaders } from "node:http";
import { AGENT_PATHS, AGENT_PORT } from "@browservm/contract/guest/agent-http";
import type { VmIdentity } from "../vm-identity.ts";

export interface Knock {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The guest's own address of this connection. */
  readonly localAddress: string;
}

export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 503;
  readonly why: string;
}

/**
 * Who may enter. Pages in the VM's own browser can reach this port too: they cannot send another Host header than
 * the name they loaded us by (DNS rebinding), they say their Origin, and they do not know the token.
 */
export function refusalOf(knock: Knock, identity: VmIdentity): Refusal | undefined {
  const { method, path, headers, localAddress } = knock;
  if (isLoopback(localAddress)) return { status: 403, why: "only the guest's own address is served" };
  if (headers.host !== `${localAddress}:${AGENT_PORT}`) return { status: 403, why: "foreign Host header" };
  if (headers.origin !== undefined) return { status: 403, why: "web pages are not served" };
  if (!identity.known) return { status: 503, why: "the host has not said hello yet" };
  const mayChange =
    (isFilePath(path) && FILE_METHODS.has(method)) || (path === AGENT_PATHS.profile && method === "PUT");
  if (method !== "GET" && !mayChange) return { status: 405, why: "only GET is served here" };
  if (path === AGENT_PATHS.nonce) return undefined;
  const token = /^Bearer ([\x21-\x7e]{1,256})$/.exec(headers.authorization ?? "")?.[1];
  if (token === undefined || !identity.isToken(token))
    return { status: 401, why: "the VM's token is wanted" };
  return undefined;
}

const FILE_METHODS: ReadonlySet<string> = new Set(["GET", "PUT", "DELETE"]);

/** Whether a request is about a file. */
export const isFilePath = (path: string): boolean =>
  path.startsWith(`${AGENT_PATHS.files}?`) || path.startsWith(`${AGENT_PATHS.fileList}?`);

/** IPv4 comes as ::ffff:a.b.c.d on a dual-stack socket. */
export const plainAddress = (address: string | undefined): string => (address ?? "").replace(/^::ffff:/, "");

const isLoopback = (address: string) => address === "" || address === "::1" || address.startsWith("127.");
