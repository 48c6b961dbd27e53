import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { probeDns } from "./probe-dns.ts";
import { readPing } from "./probe-ping.ts";
import { answerOf, probeTcp } from "./probe-tcp.ts";

describe("probe.tcp", () => {
  test("tells open from refused on a real socket", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await probeTcp({ address: "127.0.0.1", port, timeoutMs: 2000 })).toMatchObject({ answer: "open" });
    await new Promise((resolve) => server.close(resolve));
    expect(await probeTcp({ address: "127.0.0.1", port, timeoutMs: 2000 })).toMatchObject({
      answer: "refused",
      errno: "ECONNREFUSED",
    });
  });

  test.each([
    ["ECONNREFUSED", "refused"],
    ["EHOSTUNREACH", "unreachable"],
    ["ENETUNREACH", "unreachable"],
    ["ETIMEDOUT", "timeout"],
    ["EACCES", "unreachable"],
  ])("%s means %s", (errno, answer) => {
    expect(answerOf(errno)).toBe(answer);
  });
});

describe("probe.ping", () => {
  const head = "PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.\n";

  test.each([
    [0, `${head}64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.045 ms\n`, "", { ok: true, ms: 0.045 }],
    [
      1,
      `${head}From 10.0.0.2 icmp_seq=1 Destination Host Unreachable\n`,
      "",
      { ok: false, error: "Destination Host Unreachable" },
    ],
    [1, `${head}\n--- 10.0.0.1 ping statistics ---\n`, "", { ok: false, error: "no answer in time" }],
    [
      1,
      head,
      "ping: local error: message too long, mtu=1400\n",
      { ok: false, error: "ping: local error: message too long, mtu=1400" },
    ],
    [
      2,
      "",
      "ping: connect: Network is unreachable\n",
      { ok: false, error: "ping: connect: Network is unreachable" },
    ],
  ])("status %i is read", (code, stdout, stderr, answer) => {
    expect(readPing(code, stdout, stderr)).toEqual(answer);
  });
});

test("probe.dns answers a name that is none with an error, not an exception", async () => {
  expect(await probeDns("no..name", 300)).toMatchObject({
    ok: false,
    addresses: [],
    error: expect.any(String),
  });
});
