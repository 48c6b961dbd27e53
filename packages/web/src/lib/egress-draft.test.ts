import { EgressPolicy } from "@browservm/contract";
import { expect, test } from "vitest";
import {
  EMPTY_EGRESS,
  egressDraftAfter,
  egressDraftOf,
  LOST_WORDS,
  readEgressDraft,
} from "./egress-draft.ts";

const CREDENTIALS = `pxc_${"a".repeat(20)}`;
const PROXY = "socks5://proxy.example:1080";
const draft = (part: Partial<typeof EMPTY_EGRESS>) => ({ ...EMPTY_EGRESS, ...part });

test("nothing typed is no policy; a policy is typed as it was read", () => {
  expect(readEgressDraft(EMPTY_EGRESS)).toEqual({ ok: true, policy: null });
  const policy = EgressPolicy.parse({
    default: "deny",
    allow: ["a.example", "10.0.0.0/8:80"],
    deny: [":25"],
    denyPublicDns: true,
    proxy: { url: PROXY, expectExit: "203.0.113.0/24", credentials: CREDENTIALS },
  });
  expect(readEgressDraft(egressDraftOf(policy), policy)).toEqual({ ok: true, policy });
});

test("public resolvers can be all that a policy denies", () => {
  expect(readEgressDraft(draft({ denyPublicDns: true }))).toEqual({
    ok: true,
    policy: { allow: [], deny: [], denyPublicDns: true },
  });
});

test("what means nothing is told by its line, and a secret is never repeated", () => {
  const read = readEgressDraft(
    draft({ allow: "a.example\n\n*.com\n", deny: "b.example:80", proxyUrl: "proxy:1" }),
  );
  expect(read).toMatchObject({
    ok: false,
    problems: {
      allow: expect.stringMatching(/^Line 3: .*\*\.com would be/),
      deny: expect.stringContaining("Line 1:"),
      proxyUrl: expect.stringContaining("socks5://"),
    },
  });
  const secret = readEgressDraft(
    draft({ proxyUrl: PROXY, proxyUser: "a:b", proxyPassword: "planted\u0001" }),
  );
  expect(secret.ok).toBe(false);
  expect(JSON.stringify(secret)).not.toMatch(/planted|a:b/);
});

test("what belongs to a proxy is never dropped in silence", () => {
  for (const part of [{ proxyExit: "203.0.113.9" }, { proxyUser: "ann" }, { proxyPassword: "planted" }])
    expect(readEgressDraft(draft(part))).toMatchObject({
      ok: false,
      problems: { proxyUrl: expect.stringContaining("socks5://") },
    });
  const nameless = readEgressDraft(draft({ proxyUrl: PROXY, proxyPassword: "planted" }));
  expect(nameless).toMatchObject({
    ok: false,
    problems: { proxyUser: expect.stringContaining("A name of") },
  });
  expect(JSON.stringify(nameless)).not.toContain("planted");
});

test("credentials stay for the same address only, and give way to new ones", () => {
  const before = EgressPolicy.parse({ proxy: { url: PROXY, credentials: CREDENTIALS } });
  const proxyAfter = (part: Partial<typeof EMPTY_EGRESS>) => {
    const read = readEgressDraft(draft(part), before);
    return read.ok ? read.policy?.proxy : undefined;
  };
  expect(proxyAfter({ proxyUrl: PROXY })).toEqual(before.proxy);
  for (const same of ["SOCKS5://Proxy.Example", "socks5://proxy.example:1080/"])
    expect(proxyAfter({ proxyUrl: same })?.credentials).toBe(CREDENTIALS);
  for (const other of ["http://proxy.example:1080", "socks5://proxy.example:1081"])
    expect(proxyAfter({ proxyUrl: other })?.credentials).toBeUndefined();
  expect(proxyAfter({ proxyUrl: "socks5://other.example:1" })).toEqual({ url: "socks5://other.example:1" });
  expect(proxyAfter({ proxyUrl: PROXY, proxyUser: "ann", proxyPassword: "x" })?.credentials).toEqual({
    username: "ann",
    password: "x",
  });
});

test("a session after one whose proxy was known by name and password asks for them again, or for another proxy", () => {
  const before = EgressPolicy.parse({
    allow: ["a.example"],
    proxy: { url: PROXY, credentials: CREDENTIALS, expectExit: "203.0.113.9" },
  });
  const begun = egressDraftAfter(before);
  expect(readEgressDraft(begun)).toEqual({ ok: false, problems: { proxyUser: LOST_WORDS } });
  const proxyAfter = (part: Partial<typeof EMPTY_EGRESS>) => {
    const read = readEgressDraft({ ...begun, ...part });
    return read.ok ? read.policy : undefined;
  };
  const { credentials: _, ...known } = before.proxy ?? { url: "" };
  const again = { username: "ann", password: "x" };
  expect(proxyAfter({ proxyUser: "ann", proxyPassword: "x" })).toEqual({
    ...before,
    proxy: { ...known, credentials: again },
  });
  const other = "http://other.example:1";
  expect(proxyAfter({ proxyUrl: other })?.proxy).toEqual({ ...known, url: other });
  expect(proxyAfter({ proxyUrl: "", proxyExit: "" })?.proxy).toBeUndefined();
  const plain = EgressPolicy.parse({ proxy: { url: PROXY } });
  expect(readEgressDraft(egressDraftAfter(plain))).toEqual({ ok: true, policy: plain });
});
