import { connect, type Socket } from "node:net";
import { EgressPolicy, VmId } from "@browservm/contract";
import { afterEach, expect, test } from "vitest";
import { MockProxy } from "../../../testing/mock-proxy.ts";
import { dialProxy } from "./dial-proxy.ts";
import { Forwarder, type ForwarderOptions, type ProxiedGuest } from "./forwarder.ts";
import { ProxyFlows } from "./proxy-flows.ts";
import { SyntheticNames } from "./synthetic-names.ts";

const vmId = VmId.parse(`vm_${"a".repeat(20)}`);
const open: Socket[] = [];
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  for (const one of disposables.splice(0)) await one[Symbol.asyncDispose]();
});
const disposables: AsyncDisposable[] = [];

const guestWith = (policy: object): ProxiedGuest => ({
  vmId,
  policy: EgressPolicy.parse({ proxy: { url: "http://p.example" }, ...policy }) as ProxiedGuest["policy"],
});

/** A forwarder on loopback in front of a proxy that leads everywhere to an echo, and what was meant to be reached. */
async function start(meant: { ip: string; port: number }, more: Partial<ForwarderOptions> = {}) {
  const echo = await MockProxy.saying("the far end");
  const proxy = await MockProxy.start({ kind: "http", lead: () => ({ port: echo.port }) });
  const [flows, names] = [new ProxyFlows(), new SyntheticNames()];
  const upstream = { address: { kind: "http", host: "127.0.0.1", port: proxy.port } } as const;
  const forwarder = await Forwarder.listen({
    ip: "127.0.0.1",
    port: 0,
    flows,
    names,
    guestAt: () => guestWith({}),
    dial: (_guest, target, signal) =>
      dialProxy(target, { upstream, resolve: async (host) => [host], timeoutMs: 3000, signal }),
    destinationOf: () => meant,
    ...more,
  });
  disposables.push(forwarder, proxy, echo);
  return { forwarder, proxy, flows, names };
}

/** What a guest hears that says something, or the code of how it is broken off. */
async function say({ port }: Forwarder): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  open.push(socket);
  socket.write("hello");
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on("data", (data: Buffer) => resolve(String(data)));
  socket.on("error", ({ code = "" }: NodeJS.ErrnoException) => resolve(code));
  socket.on("close", () => resolve("closed"));
  return promise;
}

test("by number and by name a guest comes through its proxy, which is asked for just that", async () => {
  const number = await start({ ip: "203.0.113.9", port: 443 });
  expect(await say(number.forwarder)).toBe("the far end");
  expect(number.proxy.asked).toEqual(["203.0.113.9:443"]);
  const name = await start({ ip: "198.18.0.1", port: 80 });
  expect(name.names.addressOf(vmId, "a.example")).toBe("198.18.0.1");
  expect(await say(name.forwarder)).toBe("the far end");
  expect(name.proxy.asked).toEqual(["a.example:80"]);
});

type Broken = readonly [string, { readonly ip: string; readonly port: number }, Partial<ForwarderOptions>];
const BROKEN: readonly Broken[] = [
  ["who is no guest with a proxy", { ip: "203.0.113.9", port: 443 }, { guestAt: () => undefined }],
  ["what a name that was never told leads to", { ip: "198.18.77.1", port: 443 }, {}],
  [
    "what the policy denies",
    { ip: "203.0.113.9", port: 443 },
    { guestAt: () => guestWith({ deny: ["203.0.113.0/24"] }) },
  ],
  ["what is closed to all", { ip: "169.254.169.254", port: 80 }, {}],
  [
    "whose proxy does not answer",
    { ip: "203.0.113.9", port: 443 },
    { dial: () => Promise.reject(new Error("it is down")) },
  ],
  [
    "who has ended before it was looked at",
    { ip: "203.0.113.9", port: 443 },
    {
      destinationOf: () => {
        throw new Error("ENOTCONN");
      },
    },
  ],
];

test.each(BROKEN)("%s is broken off, and nothing asked", async (_, meant, more) => {
  const { forwarder, proxy, flows } = await start(meant, more);
  expect(await say(forwarder)).toBe("ECONNRESET");
  expect(proxy.asked).toEqual([]);
  await expect.poll(() => flows.countOf("127.0.0.1")).toBe(0);
});

test("a connection is counted while it lasts, and cut at both ends when that is asked for", async () => {
  const { forwarder, proxy, flows } = await start({ ip: "203.0.113.9", port: 443 });
  expect(await say(forwarder)).toBe("the far end");
  expect(flows.countOf("127.0.0.1")).toBe(1);
  flows.forget("127.0.0.1");
  await expect.poll(() => open.every(({ destroyed }) => destroyed)).toBe(true);
  await expect.poll(() => [flows.countOf("127.0.0.1"), proxy.open]).toEqual([0, 0]);
});

test("a guest that gives up while its proxy is asked is not connected for", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  const { forwarder, flows } = await start(
    { ip: "203.0.113.9", port: 443 },
    {
      dial: (_guest, _target, signal) => {
        asked.resolve(signal);
        return new Promise<Socket>(() => {});
      },
    },
  );
  const socket = connect(forwarder.port, "127.0.0.1");
  open.push(socket);
  const signal = await asked.promise;
  expect(flows.countOf("127.0.0.1")).toBe(1);
  // An end of what it says would be none of what it hears.
  socket.resetAndDestroy();
  await expect.poll(() => [signal.aborted, flows.countOf("127.0.0.1")]).toEqual([true, 0]);
});

test("a port that somebody has is named", async () => {
  const { proxy } = await start({ ip: "203.0.113.9", port: 443 });
  const taken = start({ ip: "203.0.113.9", port: 443 }, { port: proxy.port });
  await expect(taken).rejects.toMatchObject({ code: "EGRESS_PORT_TAKEN", details: { port: proxy.port } });
});
