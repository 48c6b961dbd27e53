import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isBrowserVmError } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MockProxy } from "../../../testing/mock-proxy.ts";
import { type CheckedProxy, checkProxy, type ProxyCheck } from "./check-proxy.ts";

const EXIT = "127.0.0.2";
const DIRECT = "127.0.0.1";
const KINDS = ["http", "socks5"] as const;

/** What the server says to whom. */
let say: (from: string) => string;
let undo: AsyncDisposableStack;
let url: URL;

beforeEach(async () => {
  undo = new AsyncDisposableStack();
  say = (from) => `${from}\n`;
  const server = createServer((request, response) => {
    const words = say(request.socket.remoteAddress ?? "");
    response.writeHead(words === "" ? 503 : 200, { connection: "close" }).end(words);
  });
  undo.defer(() => void server.close());
  server.listen(0, DIRECT);
  await once(server, "listening");
  url = new URL(`http://${DIRECT}:${(server.address() as AddressInfo).port}/`);
});
afterEach(() => undo.disposeAsync());

/** Asks where a proxy comes out that does so at `localAddress`. */
async function check(
  kind: (typeof KINDS)[number],
  localAddress: string,
  over: Partial<ProxyCheck> = {},
): Promise<CheckedProxy> {
  const proxy = undo.use(
    await MockProxy.start({ kind, lead: (host, port) => ({ host, port, localAddress }) }),
  );
  return checkProxy({
    upstream: { address: { kind, host: "127.0.0.1", port: proxy.port } },
    resolve: async (host) => [host],
    timeoutMs: 2000,
    exitUrl: url,
    expectExit: undefined,
    ownAddresses: [],
    ...over,
  });
}

const codeOf = (work: Promise<CheckedProxy>): Promise<string> =>
  work.then(
    ({ exit }) => `well: ${exit}`,
    (error: unknown) => (isBrowserVmError(error) ? error.code : String(error)),
  );

describe.each(KINDS)("where a proxy of kind %s comes out", (kind) => {
  test("is told with what was asked, as text and as JSON", async () => {
    const { exit, evidence } = await check(kind, EXIT);
    expect(exit).toBe(EXIT);
    expect(evidence).toEqual(expect.arrayContaining([`asked directly, it is ${DIRECT}`]));
    say = (ip) => JSON.stringify({ ip });
    expect(await codeOf(check(kind, EXIT))).toBe(`well: ${EXIT}`);
  });

  test("may not be where this machine does, by an address that it has or that it is known by", async () => {
    expect(await codeOf(check(kind, DIRECT))).toBe("PROXY_EXIT_IS_HOST");
    expect(await codeOf(check(kind, EXIT, { ownAddresses: [EXIT] }))).toBe("PROXY_EXIT_IS_HOST");
    // Unless that is meant.
    expect(await codeOf(check(kind, DIRECT, { expectExit: DIRECT }))).toBe(`well: ${DIRECT}`);
  });

  test.each([
    [EXIT, `well: ${EXIT}`],
    ["127.0.0.0/29", `well: ${EXIT}`],
    ["127.0.0.3", "PROXY_EXIT_UNEXPECTED"],
    ["127.0.0.8/29", "PROXY_EXIT_UNEXPECTED"],
    ["2001:db8::/32", "PROXY_EXIT_UNEXPECTED"],
  ])("is expected to be %s: %s", async (expectExit, told) => {
    expect(await codeOf(check(kind, EXIT, { expectExit }))).toBe(told);
  });

  test.each([
    ["an error", ""],
    ["no address", "hello"],
    ["JSON without one", '{"ip":"nowhere"}'],
    ["too much", "1".repeat(5000)],
  ])("is unknown when the server says %s", async (_, words) => {
    say = () => words;
    expect(await codeOf(check(kind, EXIT))).toBe("PROXY_EXIT_UNKNOWN");
  });

  test("is unknown when it is expected and nobody may be asked; else it is not asked", async () => {
    const nobody = { exitUrl: undefined };
    expect(await codeOf(check(kind, EXIT, { ...nobody, expectExit: EXIT }))).toBe("PROXY_EXIT_UNKNOWN");
    expect(await codeOf(check(kind, EXIT, nobody))).toBe("well: null");
  });
});
