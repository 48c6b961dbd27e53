import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { egressWords } from "./describe-egress.ts";
import { collect, egressOf } from "./egress-options.ts";
import { proxyOf } from "./proxy-options.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "bvm-egress-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const file = (text: string): string => {
  const path = join(directory, "policy.json");
  writeFileSync(path, text);
  return path;
};

test("no option is no policy; lists and file are one", async () => {
  expect(await egressOf({})).toBeUndefined();
  const egress = file('{"default":"allow","allow":["a.example"],"deny":[":25"]}');
  expect(await egressOf({ egress, allow: collect("b.example", collect("c.example")) })).toEqual({
    default: "allow",
    allow: ["a.example", "c.example", "b.example"],
    deny: [":25"],
  });
});

test("public resolvers can be denied, alone and besides what a file says", async () => {
  expect(await egressOf({ denyPublicDns: true })).toEqual({ allow: [], deny: [], denyPublicDns: true });
  const egress = file('{"denyPublicDns":true,"deny":[":25"]}');
  expect(await egressOf({ egress })).toEqual({ allow: [], deny: [":25"], denyPublicDns: true });
});

test("what means nothing is refused before anything is asked, and named", async () => {
  await expect(egressOf({ allow: ["a.example", "*.com"] })).rejects.toMatchObject({
    code: "BAD_REQUEST",
    message: expect.stringContaining("*.com"),
  });
  await expect(egressOf({ egress: file('{"permit":[]}') })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  await expect(egressOf({ egress: file("allow: all") })).rejects.toThrow("is no JSON");
  await expect(egressOf({ egress: join(directory, "none") })).rejects.toThrow("cannot be read");
});

test("is told with what decides first on top, and what was asked", () => {
  const words = egressWords({
    policy: { allow: ["a.example"], deny: [":25"], denyPublicDns: true },
    default: "deny",
    inForce: true,
    refused: { packets: 3, bytes: 180 },
    learned: [],
    counts: { denied: 1 },
    queries: [
      {
        at: "2026-01-01T12:34:56.000Z",
        name: "b.example",
        type: "A",
        verdict: "denied",
        addresses: [],
        ms: 1,
      },
    ],
  });
  expect(words.split("\n").slice(0, 6)).toEqual([
    "deny  :25",
    "deny  public resolvers",
    "allow a.example",
    "deny  all else",
    "",
    "3 packets refused; 0 addresses open by name",
  ]);
  expect(words).toContain("12:34:56  b.example  A     denied");
});

test("a proxy's password comes from a file or the environment, and is told to nobody", async () => {
  const proxy = "socks5://proxy.example:1080";
  const proxyPasswordFile = file("planted-secret\n");
  const read = await egressOf({ proxy, proxyUser: "ann", proxyPasswordFile, proxyExit: "203.0.113.0/24" });
  expect(read).toEqual({
    allow: [],
    deny: [],
    proxy: {
      url: proxy,
      expectExit: "203.0.113.0/24",
      credentials: { username: "ann", password: "planted-secret" },
    },
  });
  expect(await proxyOf({ proxy, proxyUser: "ann" }, { BROWSERVM_PROXY_PASSWORD: "other" })).toMatchObject({
    credentials: { password: "other" },
  });
  for (const bad of [
    "proxy.example:1080",
    "http://ann:pw@proxy.example",
    "socks5://[::1]:1",
    "http://p.example/x",
  ])
    await expect(egressOf({ proxy: bad })).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test("a proxy is shown with where it comes out, and what is wrong with it", () => {
  const words = egressWords({
    policy: {
      allow: [],
      deny: [],
      proxy: { url: "http://p.example:3128", credentials: `pxc_${"a".repeat(20)}` as never },
    },
    default: "allow",
    inForce: true,
    refused: { packets: 0, bytes: 0 },
    learned: [],
    counts: {},
    queries: [],
    proxy: {
      status: "down",
      exit: null,
      checkedAt: null,
      ms: 1,
      evidence: [],
      problem: { code: "PROXY_UNREACHABLE", message: "refused", fix: "Start it." },
      connections: 2,
    },
  });
  expect(words).toContain("all through http://p.example:3128, with credentials: down, 2 connections");
  expect(words).toContain("PROXY_UNREACHABLE: refused\nStart it.");
});

test("a session that is over is shown with where it might go, and nothing that came of it", () => {
  const words = egressWords({
    policy: { allow: ["a.example"], deny: [], proxy: { url: "http://p.example:3128" } },
    default: "deny",
    inForce: false,
    refused: { packets: 0, bytes: 0 },
    learned: [],
    counts: {},
    queries: [],
  });
  expect(words).toMatch(
    /is over[\s\S]*allow a\.example\ndeny {2}all else\n\nall through http:\/\/p\.example:3128$/,
  );
});
