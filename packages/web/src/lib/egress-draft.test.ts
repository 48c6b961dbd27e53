import { EgressPolicy } from "@browservm/contract";
import { expect, test } from "vitest";
import { EMPTY_EGRESS, egressDraftOf, readEgressDraft } from "./egress-draft.ts";

const CREDENTIALS = `pxc_${"a".repeat(20)}`;
const PROXY = "socks5://proxy.example:1080";
const draft = (part: Partial<typeof EMPTY_EGRESS>) => ({ ...EMPTY_EGRESS, ...part });

test("nothing typed is no policy; a policy is typed as it was read", () => {
  expect(readEgressDraft(EMPTY_EGRESS)).toEqual({ ok: true, policy: null });
  const policy = EgressPolicy.parse({
    default: "deny",
    allow: ["a.example", "10.0.0.0/8:80"],
    deny: [":25"],
    proxy: { url: PROXY, expectExit: "203.0.113.0/24", credentials: CREDENTIALS },
  });
  expect(readEgressDraft(egressDraftOf(policy), policy)).toEqual({ ok: true, policy });
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
  expect(proxyAfter({ proxyUrl: "socks5://other.example:1" })).toEqual({ url: "socks5://other.example:1" });
  expect(proxyAfter({ proxyUrl: PROXY, proxyUser: "ann", proxyPassword: "x" })?.credentials).toEqual({
    username: "ann",
    password: "x",
  });
});
