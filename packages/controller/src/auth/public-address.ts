import { isIP } from "node:net";
import type { Config } from "@browservm/contract";

/** What a request says about the address that its sender used. */
export interface RequestAddress {
  /** After X-Forwarded-*, where a trusted proxy sent them. */
  readonly protocol: string;
  readonly host: string;
  /** Whether a trusted proxy passed it on. */
  readonly isForwarded: boolean;
}

const WILDCARDS = new Set(["0.0.0.0", "[::]"]);

/**
 * The address that people use: `publicUrl`, else what a trusted proxy says, else http://<listen>. A request's own
 * Host is believed only when it is an IP address or localhost: a foreign name may be made to point at us.
 */
export class PublicAddress {
  readonly #configured: string;
  readonly #listen: () => string;

  constructor(config: Pick<Config, "publicUrl">, listen: () => string) {
    this.#configured = config.publicUrl.replace(/\/+$/, "");
    this.#listen = listen;
  }

  get isSecure(): boolean {
    return this.#configured.startsWith("https:");
  }

  /** Base of the links in an answer; without a slash at its end. */
  baseUrl(request?: RequestAddress): string {
    if (this.#configured !== "") return this.#configured;
    const { host, port } = splitHost(this.#listen());
    if (request?.isForwarded) return `${request.protocol}://${request.host}`;
    if (!WILDCARDS.has(host)) return `http://${host}:${port}`;
    return request && isPlainHost(request.host) ? `http://${request.host}` : `http://127.0.0.1:${port}`;
  }

  /** Whether a page of this origin is our own page. */
  isOwnOrigin(origin: string, request: RequestAddress): boolean {
    if (origin === "null") return false;
    if (origin === originOf(this.baseUrl(request))) return true;
    return isPlainHost(request.host) && origin === originOf(`${request.protocol}://${request.host}`);
  }
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** No DNS can lie about these. */
function isPlainHost(hostAndPort: string): boolean {
  const { host } = splitHost(hostAndPort);
  return host === "localhost" || isIP(host.replace(/^\[|\]$/g, "")) !== 0;
}

function splitHost(hostAndPort: string): { host: string; port: string } {
  const [, host = hostAndPort, port = ""] = /^(.*?)(?::(\d+))?$/.exec(hostAndPort) ?? [];
  return { host, port };
}
