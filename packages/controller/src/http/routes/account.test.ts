import { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestController } from "../../testing/test-controller.ts";

let t: TestController;
beforeEach(async () => {
  t = await TestController.start();
});
afterEach(() => t[Symbol.asyncDispose]());

async function code(reply: Promise<Response>): Promise<unknown> {
  const answer = await reply;
  return answer.ok ? "ok" : ((await answer.json()) as { code: string }).code;
}
const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });

describe("strangers", () => {
  test("reach health and nothing else", async () => {
    expect(await code(t.fetch("GET", "/healthz"))).toBe("ok");
    expect(await code(t.fetch("GET", "/readyz"))).toBe("ok");
    const id = `ses_${"a".repeat(20)}`;
    const closed: [string, string][] = [
      ["GET", "/openapi.json"],
      ["GET", "/v1/me"],
      ["GET", "/v1/host"],
      ["GET", "/v1/events"],
      ["GET", "/v1/sessions"],
      ["POST", "/v1/sessions"],
      ["POST", "/v1/login-tokens"],
      ["POST", "/v1/api-keys"],
      ["GET", `/v1/sessions/${id}`],
      ["GET", `/v1/sessions/${id}/vnc`],
      ["GET", `/v1/sessions/${id}/screenshot`],
      ["DELETE", `/v1/sessions/${id}`],
    ];
    for (const [method, path] of closed)
      expect([path, await code(t.fetch(method, path))]).toEqual([path, "UNAUTHENTICATED"]);
  });

  test.each([
    ["a wrong key", { authorization: "Bearer bvm_wrong" }],
    ["a wrong key in the other header", { "x-api-key": "bvm_wrong" }],
    ["a scheme that is not ours", { authorization: "Basic YTpi" }],
    ["a wrong view token", { authorization: "Bearer bvv_wrong" }],
    ["a wrong cookie", { cookie: "bvm_session=wrong" }],
    ["an empty key", { "x-api-key": "" }],
  ])("with %s are strangers", async (_, headers) => {
    expect(await code(t.fetch("GET", "/v1/sessions", { headers }))).toBe("UNAUTHENTICATED");
  });

  test("are told the way in, and are not told whether a body is good", async () => {
    const reply = await t.fetch("POST", "/v1/sessions", { body: { bad: 1 } });
    expect(await reply.json()).toMatchObject({
      code: "UNAUTHENTICATED",
      fix: expect.stringContaining("browservm open"),
      requestId: reply.headers.get("x-request-id"),
    });
  });
});

describe("API keys", () => {
  test("work in both headers, are shown once, and stop working when they are revoked", async () => {
    const { secret, ...key } = await t.admin.createApiKey({ name: "ci" });
    expect(secret).toMatch(/^bvm_[\w-]{43}$/);
    expect(await code(t.fetch("GET", "/v1/sessions", bearer(secret)))).toBe("ok");
    expect(await code(t.fetch("GET", "/v1/sessions", { headers: { "x-api-key": secret } }))).toBe("ok");
    const [listed] = await t.admin.listApiKeys();
    expect(listed).toMatchObject({ id: key.id, name: "ci", prefix: secret.slice(0, 10) });
    expect(JSON.stringify(listed)).not.toContain(secret.slice(10));
    expect(listed?.lastUsedAt).not.toBeNull();
    await t.admin.removeApiKey(key.id);
    expect(await code(t.fetch("GET", "/v1/sessions", bearer(secret)))).toBe("UNAUTHENTICATED");
  });

  test("of the role user make no keys and no sign-in links; of the role admin they do", async () => {
    const user = await t.user("user");
    await expect(user.createApiKey({ name: "more" })).rejects.toMatchObject({
      code: "FORBIDDEN",
      status: 403,
    });
    await expect(user.createLoginToken()).rejects.toMatchObject({ code: "FORBIDDEN" });
    const admin = await t.user("admin");
    expect((await admin.createLoginToken()).url).toMatch(new RegExp(`^${t.url}/login#token=bvl_`));
  });
});

describe("signing in", () => {
  test("a link works once, also for two at the same time", async () => {
    const { token } = await t.admin.createLoginToken();
    const login = () => code(t.fetch("POST", "/v1/login", { body: { token } }));
    const both = await Promise.all([login(), login()]);
    expect(both.toSorted()).toEqual(["LOGIN_TOKEN_SPENT", "ok"]);
    expect(await login()).toBe("LOGIN_TOKEN_SPENT");
    expect(await code(t.fetch("POST", "/v1/login", { body: { token: "bvl_wrong" } }))).toBe(
      "LOGIN_TOKEN_SPENT",
    );
  });

  test("gives a cookie that scripts cannot read and foreign pages cannot send", async () => {
    const { token } = await t.admin.createLoginToken();
    const reply = await t.fetch("POST", "/v1/login", { body: { token } });
    const cookie = reply.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(cookie).not.toMatch(/Secure/);
  });

  test("behind https the cookie is Secure", async () => {
    await using other = await TestController.start({ publicUrl: "https://bvm.example" });
    const { token, url } = await other.admin.createLoginToken();
    expect(url).toBe(`https://bvm.example/login#token=${token}`);
    const reply = await other.fetch("POST", "/v1/login", { body: { token } });
    expect(reply.headers.get("set-cookie")).toMatch(/; Secure/);
  });

  test("tries are limited, and the answer says how long to wait", async () => {
    const tries: Response[] = [];
    for (let i = 0; i < 11; i += 1) tries.push(await t.fetch("POST", "/v1/login", { body: { token: "x" } }));
    expect(tries.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429]);
    expect(Number(tries.at(-1)?.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  test("a signed-in browser changes things only with its CSRF token and from our own page", async () => {
    const { cookie, csrfToken } = await t.signIn();
    const create = (headers: Record<string, string>) =>
      code(t.fetch("POST", "/v1/sessions", { body: {}, headers: { cookie, ...headers } }));
    expect(await code(t.fetch("GET", "/v1/sessions", { headers: { cookie } }))).toBe("ok");
    expect(await create({})).toBe("CSRF_REFUSED");
    expect(await create({ "x-csrf-token": "wrong" })).toBe("CSRF_REFUSED");
    expect(await create({ "x-csrf-token": csrfToken, origin: "https://evil.example" })).toBe(
      "ORIGIN_REFUSED",
    );
    expect(await create({ "x-csrf-token": csrfToken, origin: "null" })).toBe("ORIGIN_REFUSED");
    expect(await create({ "x-csrf-token": csrfToken, origin: t.url })).toBe("ok");
  });

  test("a foreign page cannot sign somebody in", async () => {
    const { token } = await t.admin.createLoginToken();
    const headers = { origin: "https://evil.example" };
    expect(await code(t.fetch("POST", "/v1/login", { body: { token }, headers }))).toBe("ORIGIN_REFUSED");
    expect(await code(t.fetch("POST", "/v1/login", { body: { token } }))).toBe("ok");
  });

  test("signing out ends the cookie", async () => {
    const { cookie, csrfToken } = await t.signIn();
    const headers = { cookie, "x-csrf-token": csrfToken };
    expect(await code(t.fetch("POST", "/v1/logout", { headers }))).toBe("ok");
    expect(await code(t.fetch("GET", "/v1/me", { headers: { cookie } }))).toBe("UNAUTHENTICATED");
  });
});

describe("view tokens", () => {
  async function shared(spec: { role?: "view" | "control"; oneTime?: boolean; ttlSeconds?: number } = {}) {
    const session = await (await t.user()).sessions.create();
    await session.waitFor("ready");
    return { session, ...(await session.createViewToken(spec)) };
  }

  test("let somebody look at one session, and do nothing else", async () => {
    const { session, token, url } = await shared();
    expect(url).toBe(`${t.url}/login#token=${token}&next=/sessions/${session.id}`);
    const viewer = new BrowserVM({ baseUrl: t.url, apiKey: token, retries: 0 });
    expect(await viewer.me()).toMatchObject({ role: "link", scopes: ["sessions:view"] });
    expect((await viewer.sessions.get(session.id)).status).toBe("ready");
    await viewer.sessions.heartbeat(session.id);
    const forbidden = { code: "FORBIDDEN", status: 403 };
    await expect(viewer.sessions.end(session.id)).rejects.toMatchObject(forbidden);
    await expect(viewer.sessions.navigate(session.id, "about:blank")).rejects.toMatchObject(forbidden);
    await expect(viewer.sessions.exec(session.id, { command: ["id"] }).next()).rejects.toMatchObject(
      forbidden,
    );
    await expect(viewer.sessions.createViewToken(session.id)).rejects.toMatchObject(forbidden);
    await expect(viewer.sessions.list()).rejects.toMatchObject(forbidden);
    await expect(viewer.sessions.get(`ses_${"z".repeat(20)}`)).rejects.toMatchObject(forbidden);
    expect((await session.refresh()).status).toBe("ready");
  });

  test("become a cookie for that session, once when they are one-time", async () => {
    const { session, token } = await shared({ oneTime: true });
    const { cookie, csrfToken } = await t.login(token);
    expect(await code(t.fetch("POST", "/v1/login", { body: { token } }))).toBe("LOGIN_TOKEN_SPENT");
    expect(await code(t.fetch("GET", `/v1/sessions/${session.id}`, bearer(token)))).toBe("UNAUTHENTICATED");
    const headers = { cookie, "x-csrf-token": csrfToken };
    expect(await code(t.fetch("GET", `/v1/sessions/${session.id}`, { headers }))).toBe("ok");
    expect(await code(t.fetch("DELETE", `/v1/sessions/${session.id}`, { headers }))).toBe("FORBIDDEN");
    expect(await code(t.fetch("GET", "/v1/sessions", { headers }))).toBe("FORBIDDEN");
  });

  test("work as a query only where they are wanted, and API keys never do", async () => {
    const { session, token } = await shared();
    expect(await code(t.fetch("GET", `/v1/sessions/${session.id}?token=${token}`))).toBe("ok");
    expect(await code(t.fetch("GET", `/v1/sessions?token=${token}`))).toBe("UNAUTHENTICATED");
    const { secret } = await t.admin.createApiKey({ name: "k" });
    expect(await code(t.fetch("GET", `/v1/sessions/${session.id}?token=${secret}`))).toBe("UNAUTHENTICATED");
  });

  test("are over when their time is over", async () => {
    const { session, token } = await shared({ ttlSeconds: 10 });
    await t.expireViewTokens();
    expect(await code(t.fetch("GET", `/v1/sessions/${session.id}`, bearer(token)))).toBe("UNAUTHENTICATED");
    expect(await code(t.fetch("POST", "/v1/login", { body: { token } }))).toBe("LOGIN_TOKEN_SPENT");
  });

  test("for sessions that are none are not made", async () => {
    const user = await t.user();
    await expect(user.sessions.createViewToken(`ses_${"a".repeat(20)}`)).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
  });
});

describe("secrets", () => {
  test("stand in no log line and in no database file", async () => {
    const user = await t.user();
    const session = await user.sessions.create();
    const { token: viewToken } = await session.createViewToken();
    await t.fetch("GET", `/v1/sessions/${session.id}?token=${viewToken}`);
    const { secret } = await t.admin.createApiKey({ name: "k" });
    await t.fetch("GET", "/v1/sessions", bearer(secret));
    const { token } = await t.admin.createLoginToken();
    const { cookie, csrfToken } = await t.login(token);
    const stored = t.databaseBytes();
    expect(t.logged).toContain(`/v1/sessions/${session.id}`);
    for (const secretText of [viewToken, secret, token, cookie.replace(/^[^=]*=/, ""), csrfToken]) {
      expect(t.logged).not.toContain(secretText);
      expect(stored.includes(secretText)).toBe(false);
    }
  });
});

test("answers carry the headers that protect a browser", async () => {
  const { headers } = await t.fetch("GET", "/healthz");
  expect(Object.fromEntries(headers)).toMatchObject({
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  expect(headers.get("access-control-allow-origin")).toBeNull();
});
