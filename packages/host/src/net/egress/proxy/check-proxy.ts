import { BlockList, isIP } from "node:net";
import { BrowserVmError, isBrowserVmError } from "@browservm/contract";
import { askExit, portOf } from "./ask-exit.ts";
import { dialProxy, type ResolveProxy, type Upstream, withProxy } from "./dial-proxy.ts";
import { socksGreet } from "./socks5.ts";

/** No name ends like this (RFC 2606): an HTTP proxy is asked for it only to learn whether it knows us. */
const NOWHERE = { host: "browservm.invalid", port: 443 };

export interface ProxyCheck {
  readonly upstream: Upstream;
  readonly resolve: ResolveProxy;
  readonly timeoutMs: number;
  /** Ends it before. */
  readonly signal?: AbortSignal | undefined;
  /** Undefined: where it comes out is not asked. */
  readonly exitUrl: URL | undefined;
  readonly expectExit: string | undefined;
  /** Addresses by which this machine is known outside. */
  readonly ownAddresses: readonly string[];
}

export interface CheckedProxy {
  readonly exit: string | null;
  readonly evidence: readonly string[];
}

/**
 * Whether a proxy answers, knows us, and comes out where it should. PROXY_UNREACHABLE, PROXY_AUTH_REFUSED,
 * PROXY_NOT_SPOKEN, PROXY_TARGET_REFUSED, PROXY_EXIT_UNKNOWN, PROXY_EXIT_UNEXPECTED, PROXY_EXIT_IS_HOST.
 */
export async function checkProxy(check: ProxyCheck): Promise<CheckedProxy> {
  const evidence: string[] = [];
  const note = (words: string) => void evidence.push(words);
  if (check.exitUrl) return { exit: await checkExit(check, check.exitUrl, note), evidence };
  if (check.expectExit !== undefined)
    throw new BrowserVmError(
      "PROXY_EXIT_UNKNOWN",
      "an exit is expected, and no `network.exitCheckUrl` is set",
    );
  await checkGreeting(check, note);
  note("where it comes out was not asked: `network.exitCheckUrl` is not set");
  return { exit: null, evidence };
}

/** Without anybody beyond it. */
async function checkGreeting(check: ProxyCheck, note: (words: string) => void): Promise<void> {
  const { upstream } = check;
  if (upstream.address.kind === "socks5") {
    const greet = withProxy({ ...check, note }, async (socket, reader) => {
      const isAsked = await socksGreet(socket, reader, upstream.credentials);
      note(isAsked ? "it takes name and password" : "it asks for no credentials");
    });
    return (await greet).destroy() && undefined;
  }
  try {
    (await dialProxy(NOWHERE, { ...check, note })).destroy();
  } catch (error) {
    // It answers, and it did not refuse us; that there is no such place is as it should be.
    if (!isBrowserVmError(error, "PROXY_TARGET_REFUSED")) throw error;
  }
  note(knownBy(upstream));
}

/** One that asks for none lets any pass. */
const knownBy = ({ credentials }: Upstream): string =>
  credentials ? "it refuses no credentials" : "it asks for no credentials";

async function checkExit(check: ProxyCheck, url: URL, note: (words: string) => void): Promise<string> {
  const signal = deadlineOf(check);
  const socket = await dialProxy({ host: url.hostname, port: portOf(url) }, { ...check, signal, note });
  note(knownBy(check.upstream));
  const exit = await askExit(url, { signal, socket });
  note(`${url.origin} is asked from ${exit}`);
  const { expectExit } = check;
  if (expectExit !== undefined) {
    if (!isWithin(exit, expectExit))
      throw new BrowserVmError("PROXY_EXIT_UNEXPECTED", `it comes out at ${exit}, not at ${expectExit}`, {
        exit,
      });
    note(`as expected: ${expectExit}`);
    return exit;
  }
  const own = [...check.ownAddresses, ...(await askDirectly(url, check, note))];
  if (own.includes(exit))
    throw new BrowserVmError(
      "PROXY_EXIT_IS_HOST",
      `it comes out at ${exit}, as this machine does by itself`,
      {
        exit,
      },
    );
  return exit;
}

/** This machine's own way out, if it has one: translated, it is known by an address that it does not have. */
async function askDirectly(url: URL, check: ProxyCheck, note: (words: string) => void): Promise<string[]> {
  try {
    const own = await askExit(url, { signal: deadlineOf(check) });
    note(`asked directly, it is ${own}`);
    return [own];
  } catch {
    note("asked directly, it does not answer");
    return [];
  }
}

function deadlineOf({ timeoutMs, signal }: ProxyCheck): AbortSignal {
  const late = AbortSignal.timeout(timeoutMs);
  return signal ? AbortSignal.any([signal, late]) : late;
}

function isWithin(ip: string, expected: string): boolean {
  const [base = "", prefix] = expected.split("/");
  const family = isIP(ip) === 6 ? "ipv6" : "ipv4";
  if (isIP(base) !== isIP(ip)) return false;
  const list = new BlockList();
  if (prefix === undefined) list.addAddress(base, family);
  else list.addSubnet(base, Number(prefix), family);
  return list.check(ip, family);
}
