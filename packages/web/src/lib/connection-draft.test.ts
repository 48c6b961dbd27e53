import { expect, test } from "vitest";
import { type ConnectionDraft, readConnectionDraft } from "./connection-draft.ts";

const NOW = Date.parse("2026-01-01T12:00:00.000Z");
const TOKENS = {
  access_token: "planted-access",
  refresh_token: "planted-refresh",
  expires_in: 60,
  scope: "a b",
};
const draft = (over: Partial<ConnectionDraft> = {}): ConnectionDraft => ({
  kind: "oauth",
  provider: "google",
  subject: "",
  issuer: "https://accounts.google.com",
  tokenEndpoint: "",
  clientId: "app",
  clientSecret: "",
  json: JSON.stringify(TOKENS),
  files: [],
  ...over,
});
const problemsOf = (over: Partial<ConnectionDraft>) => {
  const read = readConnectionDraft(draft(over), NOW);
  return read.ok ? {} : read.problems;
};

test("a token endpoint's answer becomes tokens that end when it said", () => {
  expect(readConnectionDraft(draft({ subject: " ada " }), NOW)).toMatchObject({
    ok: true,
    request: {
      kind: "oauth",
      subject: "ada",
      client: { issuer: "https://accounts.google.com", clientId: "app", authentication: "basic" },
      tokens: {
        accessToken: "planted-access",
        refreshToken: "planted-refresh",
        expiresAt: "2026-01-01T12:01:00.000Z",
        scopes: ["a", "b"],
      },
    },
  });
});

test("a browser's state becomes cookies and storage of its origins", () => {
  const cookies = [{ name: "sid", value: "planted", domain: "example.com", path: "/", sameSite: "Lax" }];
  const origins = [{ origin: "https://example.com", localStorage: [{ name: "k", value: "v" }] }];
  const json = JSON.stringify({ cookies, origins });
  expect(readConnectionDraft(draft({ kind: "cookies", json }), NOW)).toMatchObject({
    ok: true,
    request: {
      kind: "cookies",
      cookies: [{ name: "sid", domain: "example.com" }],
      storage: [{ origin: "https://example.com", localStorage: { k: "v" } }],
    },
  });
});

test("each wrong field is named", () => {
  expect(problemsOf({ provider: "Two Words" })).toHaveProperty("provider");
  expect(problemsOf({ issuer: "" })).toHaveProperty("issuer");
  expect(problemsOf({ issuer: "http://elsewhere.example" })).toHaveProperty("issuer");
  expect(problemsOf({ issuer: "", tokenEndpoint: "https://a.example/?b=c" })).toHaveProperty("tokenEndpoint");
  expect(problemsOf({ clientId: "" })).toHaveProperty("clientId");
  expect(problemsOf({ kind: "files" })).toHaveProperty("files");
  expect(problemsOf({ kind: "files", files: [{ path: "../x", data: "AAAA" }] })).toHaveProperty("files");
  expect(problemsOf({ json: JSON.stringify({ refresh_token: "x" }) })).toHaveProperty("json");
});

test("what is wrong with a secret is said without repeating it", () => {
  const wrongs: Partial<ConnectionDraft>[] = [
    { json: "planted" },
    { json: '{"access_token": "planted' },
    { json: JSON.stringify({ ...TOKENS, access_token: "planted\n" }) },
    { clientSecret: "planted\u0007" },
    { kind: "cookies", json: JSON.stringify({ cookies: [{ name: "sid", value: 1, planted: 1 }] }) },
    { kind: "files", files: [{ path: "a", data: "planted!" }] },
  ];
  for (const wrong of wrongs) {
    const problems = problemsOf(wrong);
    expect(Object.keys(problems)).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toContain("planted");
  }
});
