import { isIPv4, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import {
  BrowserVmError,
  isBrowserVmError,
  type ProxyAddress,
  type ProxyCredentials,
  proxyKey,
} from "@browservm/contract";
import { connectTcp, tcpFailureOf } from "../../../stream/tcp.ts";
import { httpConnect, type ProxyTarget } from "./http-connect.ts";
import { SocketReader } from "./socket-reader.ts";
import { socksConnect, socksGreet } from "./socks5.ts";

/** A proxy as it is spoken to. */
export interface Upstream {
  readonly address: ProxyAddress;
  readonly credentials?: ProxyCredentials | undefined;
}

/** The IPv4 addresses of a proxy, in the order in which they are tried; none: nobody knows any. */
export type ResolveProxy = (host: string) => Promise<readonly string[]>;

export interface DialOptions {
  readonly upstream: Upstream;
  readonly resolve: ResolveProxy;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of each step that was taken. */
  readonly note?: (words: string) => void;
}

/** A tunnel to the target through the proxy. PROXY_UNREACHABLE, PROXY_AUTH_REFUSED, PROXY_NOT_SPOKEN, PROXY_TARGET_REFUSED. */
export function dialProxy(target: ProxyTarget, options: DialOptions): Promise<Socket> {
  return withProxy(options, async (socket, reader) => {
    const { address, credentials } = options.upstream;
    if (address.kind !== "socks5") return httpConnect(socket, reader, { target, credentials });
    await socksGreet(socket, reader, credentials);
    await socksConnect(socket, reader, target);
  });
}

/** A connection to the proxy on which `talk` has said what there is to say, within the time. */
export async function withProxy(
  options: DialOptions,
  talk: (socket: Socket, reader: SocketReader) => Promise<void>,
): Promise<Socket> {
  using deadline = startDeadline(options);
  const socket = await open(options, deadline.signal);
  const reader = new SocketReader(socket, deadline.signal);
  try {
    await talk(socket, reader);
    reader.release();
    return socket;
  } catch (error) {
    socket.destroy();
    throw named(error, options.upstream);
  }
}

/** Until it is disposed: what was opened in time goes on after it, and a socket never forgets the signal that it began with. */
function startDeadline({ timeoutMs, signal }: DialOptions): Disposable & { readonly signal: AbortSignal } {
  const over = new AbortController();
  const giveUp = () => over.abort();
  const timer = setTimeout(giveUp, timeoutMs);
  if (signal?.aborted) giveUp();
  signal?.addEventListener("abort", giveUp);
  return {
    signal: over.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    },
  };
}

async function open(
  { upstream, resolve, timeoutMs, note }: DialOptions,
  signal: AbortSignal,
): Promise<Socket> {
  const { address } = upstream;
  const began = performance.now();
  const ips = await resolve(address.host);
  if (ips.length === 0) throw unreachable(upstream, `no resolver knows an address of ${address.host}`);
  const socket = await connectAny(upstream, ips, { port: address.port, timeoutMs, signal });
  note?.(
    `connected to ${socket.remoteAddress}:${address.port} in ${Math.round(performance.now() - began)} ms`,
  );
  // From now on a failure is an end of the stream to whoever reads.
  socket.on("error", () => socket.destroy());
  return address.kind === "https" ? startTls(socket, upstream, signal) : socket;
}

async function connectAny(
  upstream: Upstream,
  ips: readonly string[],
  options: { readonly port: number; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Socket> {
  let last = "";
  for (const ip of ips) {
    try {
      return await connectTcp({ ip, ...options, allowHalfOpen: true });
    } catch (error) {
      last = `${ip}:${options.port}: ${tcpFailureOf(error) ?? "unreachable"}`;
      if (options.signal.aborted) break;
    }
  }
  throw unreachable(upstream, last);
}

/** The certificate is checked against the name in the proxy's address. */
function startTls(plain: Socket, upstream: Upstream, signal: AbortSignal): Promise<Socket> {
  const { host } = upstream.address;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const name = isIPv4(host) ? { host } : { servername: host };
  const socket = connectTls({ socket: plain, ...name, ALPNProtocols: ["http/1.1"] });
  const abort = () => socket.destroy(new Error("it does not answer in time"));
  signal.addEventListener("abort", abort, { once: true });
  socket.once("secureConnect", () => resolve(socket));
  socket.on("error", (error) => {
    socket.destroy();
    reject(unreachable(upstream, `TLS: ${error.message}`));
  });
  socket.once("close", () => reject(unreachable(upstream, "TLS: it closes the connection")));
  return promise.finally(() => signal.removeEventListener("abort", abort));
}

const unreachable = (upstream: Upstream, why: string) =>
  new BrowserVmError("PROXY_UNREACHABLE", `${proxyKey(upstream.address)}: ${why}`);

function named(error: unknown, { address }: Upstream): unknown {
  if (!isBrowserVmError(error)) return error;
  return new BrowserVmError(error.code, `${proxyKey(address)}: ${error.message}`, error.details);
}
