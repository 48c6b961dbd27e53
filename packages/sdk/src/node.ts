import { Agent, fetch as undiciFetch } from "undici";
import { BrowserVM, type BrowserVMOptions } from "./browser-vm.ts";
import type { Fetch } from "./transport/fetch.ts";

export interface SocketFetch extends AsyncDisposable {
  readonly fetch: Fetch;
}

/** `fetch` over a unix socket; the host name in addresses is not used. Dispose to close its connections. */
export function socketFetch(socketPath: string): SocketFetch {
  // No keep-alive: a connection to a local socket is cheap, and a kept one may belong to a server that is gone.
  // No timeouts of its own: the caller's deadline counts, and a followed log may be silent for hours.
  const dispatcher = new Agent({ connect: { socketPath }, pipelining: 0, headersTimeout: 0, bodyTimeout: 0 });
  const fetch: Fetch = async (url, init) => {
    const request = { ...init, dispatcher } as Parameters<typeof undiciFetch>[1];
    // The same class by specification; only the declarations differ.
    return (await undiciFetch(url, request)) as unknown as Response;
  };
  return { fetch, [Symbol.asyncDispose]: () => dispatcher.destroy() };
}

/** Host part of the addresses that go over a socket. */
export const SOCKET_BASE_URL = "http://browservm.localhost";

/** A client over the controller's unix socket, where calls are admin. */
export function connectToSocket(
  socketPath: string,
  options: Pick<BrowserVMOptions, "retries"> = {},
): BrowserVM & AsyncDisposable {
  const socket = socketFetch(socketPath);
  const client = new BrowserVM({ ...options, baseUrl: SOCKET_BASE_URL, fetch: socket.fetch });
  return Object.assign(client, { [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose]() });
}
