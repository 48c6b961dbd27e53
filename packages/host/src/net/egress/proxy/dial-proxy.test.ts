import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { isBrowserVmError } from "@browservm/contract";
import { afterEach, describe, expect, test } from "vitest";
import { MockProxy } from "../../../testing/mock-proxy.ts";
import { dialProxy, type Upstream } from "./dial-proxy.ts";

const undo = new Set<AsyncDisposable>();
afterEach(async () => {
  for (const one of undo) await one[Symbol.asyncDispose]();
  undo.clear();
});
const keep = <T extends AsyncDisposable>(one: T): T => {
  undo.add(one);
  return one;
};

const CREDENTIALS = { username: "ann", password: "s3cret ü" };
const TARGET = { host: "far.example", port: 7 };
const KINDS = ["http", "socks5"] as const;

const upstream = (
  kind: Upstream["address"]["kind"],
  { port }: { port: number },
  credentials = CREDENTIALS,
) => ({
  address: { kind, host: "127.0.0.1", port },
  credentials,
});
const dial = (to: Upstream, timeoutMs = 3000) =>
  dialProxy(TARGET, { upstream: to, resolve: async (host) => [host], timeoutMs });

/** What is wrong, and how it is said. */
async function refusal(
  work: Promise<{ destroy(): unknown }>,
): Promise<readonly [code: string, words: string]> {
  try {
    (await work).destroy();
    return ["none", ""];
  } catch (error) {
    return isBrowserVmError(error) ? [error.code, error.message] : ["other", String(error)];
  }
}

/** A server beyond the proxy that says something first, and everything back. */
async function echo(): Promise<{ port: number } & AsyncDisposable> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    socket.write("hello ");
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

describe.each(KINDS)("through a proxy of kind %s", (kind) => {
  test("a name is asked of the proxy, and nothing of either side is lost", async () => {
    const far = keep(await echo());
    const proxy = keep(await MockProxy.start({ kind, credentials: CREDENTIALS, lead: () => far }));
    const socket = await dial(upstream(kind, proxy));
    expect(proxy.asked).toEqual(["far.example:7"]);
    const told: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => told.push(chunk));
    socket.end("and back");
    await once(socket, "end");
    expect(Buffer.concat(told).toString()).toBe("hello and back");
    socket.destroy();
  });

  test("a tunnel outlives the time that there was to open it, and whoever asked for it", async () => {
    const far = keep(await echo());
    const proxy = keep(await MockProxy.start({ kind, credentials: CREDENTIALS, lead: () => far }));
    const asking = new AbortController();
    const to = { upstream: upstream(kind, proxy), resolve: async (host: string) => [host] };
    const socket = await dialProxy(TARGET, { ...to, timeoutMs: 200, signal: asking.signal });
    asking.abort();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(socket.destroyed).toBe(false);
    socket.end("and back");
    expect(String(Buffer.concat(await socket.toArray()))).toBe("hello and back");
    socket.destroy();
  });

  test("wrong credentials, none, and a place that it does not reach are told apart", async () => {
    const proxy = keep(await MockProxy.start({ kind, credentials: CREDENTIALS }));
    const wrong = { ...CREDENTIALS, password: "other" };
    expect((await refusal(dial(upstream(kind, proxy, wrong))))[0]).toBe("PROXY_AUTH_REFUSED");
    const { credentials: _, ...nobody } = upstream(kind, proxy);
    expect((await refusal(dial(nobody)))[0]).toBe("PROXY_AUTH_REFUSED");
    expect((await refusal(dial(upstream(kind, proxy))))[0]).toBe("PROXY_TARGET_REFUSED");
    await expect.poll(() => proxy.open).toBe(0);
  });

  test.each([
    ["garbage", "SSH-2.0-OpenSSH_9.2\r\n", "stay", "PROXY_NOT_SPOKEN"],
    ["garbage without an end", "x".repeat(100_000), "stay", "PROXY_NOT_SPOKEN"],
    [
      "half an answer, and closes",
      kind === "http" ? "HTTP/1.1 200 O" : Buffer.from([5]),
      "end",
      "PROXY_NOT_SPOKEN",
    ],
    ["a method that it was not offered", Buffer.from([5, 1]), "stay", "PROXY_NOT_SPOKEN"],
    ["nothing", "", "stay", "PROXY_UNREACHABLE"],
    [
      "half an answer, and no more",
      kind === "http" ? "HTTP/1.1 200 OK\r\nX: " : Buffer.from([5]),
      "stay",
      "PROXY_UNREACHABLE",
    ],
  ] as const)("one that says %s is named, within its time", async (_, words, then, code) => {
    const proxy = keep(await MockProxy.saying(words, then));
    const began = performance.now();
    // "[5, 1]" is too little for HTTP to judge: it waits for the rest.
    const wanted = kind === "http" && words instanceof Buffer ? "PROXY_UNREACHABLE" : code;
    const [told, message] = await refusal(dial(upstream(kind, proxy), 400));
    expect(told).toBe(then === "end" ? code : wanted);
    expect(message).toContain(`${kind}://127.0.0.1:${proxy.port}`);
    expect(message).not.toContain(CREDENTIALS.password);
    expect(performance.now() - began).toBeLessThan(2000);
    await expect.poll(() => proxy.open).toBe(0);
  });

  test("nobody there is told at once", async () => {
    const proxy = await MockProxy.saying("");
    const { port } = proxy;
    await proxy[Symbol.asyncDispose]();
    expect(await refusal(dial(upstream(kind, { port })))).toMatchObject([
      "PROXY_UNREACHABLE",
      expect.stringContaining("refused"),
    ]);
  });
});

describe("HTTP CONNECT", () => {
  test.each([
    ["a head of a megabyte", `HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(200_000)}`, "PROXY_NOT_SPOKEN"],
    ["no status", "HTTP/1.1 hello\r\n\r\n", "PROXY_NOT_SPOKEN"],
    ["interim answers without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(20), "PROXY_NOT_SPOKEN"],
    ["no", "HTTP/1.1 403 Forbidden\r\n\r\n", "PROXY_TARGET_REFUSED"],
    ["yes after an interim answer", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "none"],
  ])("%s", async (_, words, code) => {
    const proxy = keep(await MockProxy.saying(words));
    expect((await refusal(dial(upstream("http", proxy))))[0]).toBe(code);
  });

  test("by TLS of a certificate that nobody signed is refused by name", async () => {
    const proxy = keep(await MockProxy.saying("no TLS"));
    const [code, words] = await refusal(dial(upstream("https", proxy)));
    expect(code).toBe("PROXY_UNREACHABLE");
    expect(words).toContain("TLS");
  });
});
