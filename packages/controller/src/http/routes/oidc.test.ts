import { chmodSync, writeFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import type { Config } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ForgingProvider, PAGE_CLIENT, PageProvider } from "../../testing/page-provider.ts";
import { codeOf, join } from "../../testing/people-fixture.ts";
import { TestController } from "../../testing/test-controller.ts";

let t: TestController;
let provider: PageProvider;
beforeEach(async () => {
  t = await TestController.start({ trustedProxies: ["127.0.0.1"] });
  provider = await PageProvider.start(() => `${t.url}/v1/login/oidc/callback`);
});
afterEach(async () => {
  await t[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

type Oidc = Partial<Config["auth"]["oidc"]>;

/** The controller anew, at the address that the provider knows, with the settings of its sign-in. */
async function set(oidc: Oidc = {}): Promise<void> {
  const secret = joinPath(t.directory, "secret");
  writeFileSync(secret, `${PAGE_CLIENT.clientSecret}\n`, { mode: 0o600 });
  const listen = new URL(t.url).host;
  t.config = { ...t.config, listen };
  const { clientId } = PAGE_CLIENT;
  const usual = { issuer: provider.issuer, clientId, clientSecretFrom: `file:${secret}` };
  await t.restartController({
    auth: { oidc: { ...t.config.auth.oidc, ...usual, allowedDomains: ["example.org"], ...oidc } },
  });
}

const cookiesOf = (reply: Response) =>
  reply.headers
    .getSetCookie()
    .map((line) => line.split(";", 1)[0] ?? "")
    .filter((cookie) => !cookie.endsWith("="));

let address = 0;
const get = (url: string, cookie = "") => {
  address += 1;
  const headers = { cookie, "x-forwarded-for": `10.1.0.${address % 250}` };
  return fetch(url, { redirect: "manual", headers });
};

/** Begins as a browser does; answers where it is sent, and what it keeps. */
async function begin(query = ""): Promise<{ url: string; cookie: string }> {
  const reply = await get(`${t.url}/v1/login/oidc${query}`);
  return { url: reply.headers.get("location") ?? "", cookie: cookiesOf(reply).join("; ") };
}

/** Goes through the provider's pages; answers the way back. */
async function throughProvider(from: string): Promise<string> {
  const jar = new Map<string, string>();
  let url = from;
  for (let i = 0; i < 10 && url.startsWith(provider.issuer); i += 1) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const reply = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of reply.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") jar.delete(name);
      else jar.set(name, value);
    }
    url = new URL(reply.headers.get("location") ?? "about:blank", url).href;
  }
  return url;
}

/** Signs in by the provider; answers where the browser ends, and its cookie. */
async function signIn(query = ""): Promise<{ to: string; cookie: string }> {
  const { url, cookie } = await begin(query);
  const reply = await get(await throughProvider(url), cookie);
  return { to: reply.headers.get("location") ?? "", cookie: cookiesOf(reply).join("; ") };
}

const meOf = async (cookie: string) =>
  (await t.fetch("GET", "/v1/me", { headers: { cookie } })).json() as Promise<Record<string, unknown>>;
const REFUSED = "/login#problem=OIDC_REFUSED";

describe("signing in by an OpenID provider", () => {
  test("makes a person the first time, and knows them by their subject afterwards", async () => {
    await set({ defaultRole: "member" });
    const { to, cookie } = await signIn(`?next=/sessions/ses_${"a".repeat(20)}`);
    expect(to).toBe(`/sessions/ses_${"a".repeat(20)}`);
    expect(await meOf(cookie)).toMatchObject({
      role: "member",
      person: { email: "ann@example.org", name: "Ann", hasPassword: false },
    });
    provider.person = { ...provider.person, email: "ann.new@example.org" };
    const again = await meOf((await signIn()).cookie);
    expect(again).toMatchObject({ person: { email: "ann@example.org" } });
    expect(await t.admin.people.list()).toHaveLength(1);
    const { data } = await t.admin.audit.list();
    expect(data.toReversed().map(({ action }) => action)).toEqual([
      "vault.key_made",
      "person.joined",
      "person.signed_in",
      "person.signed_in",
    ]);
    expect(t.logged).not.toContain(PAGE_CLIENT.clientSecret);
    expect(t.logged).not.toContain("code=");
    // The first that runs also waits for the provider to be imported.
  }, 30_000);

  test("knows somebody by the verified address that an admin gave them, and invitations", async () => {
    await join(t, "ann@example.org", "admin");
    await set({ allowedDomains: [] });
    expect(await meOf((await signIn()).cookie)).toMatchObject({
      role: "admin",
      person: { hasPassword: true },
    });
    await t.admin.invitations.create({ email: "bob@example.org", role: "member" });
    provider.person = { sub: "2", email: "Bob@example.org", email_verified: true };
    expect(await meOf((await signIn()).cookie)).toMatchObject({ role: "member" });
    expect(await t.admin.invitations.list()).toEqual([]);
    // Another subject with the same address is somebody else.
    provider.person = { sub: "3", email: "ann@example.org", email_verified: true };
    expect((await signIn()).to).toBe(REFUSED);
  });

  test.each<[string, Partial<PageProvider["person"]>, Oidc]>([
    ["an address that is not verified", { email_verified: false }, {}],
    ["an address about which nothing is said", { email_verified: undefined as never }, {}],
    ["no address", { email: undefined as never }, {}],
    ["an address that is not allowed", { email: "ann@other.example" }, {}],
    ["a subdomain of an allowed one", { email: "ann@evil.example.org" }, {}],
    ["an allowed domain in its name", { email: '"example.org"@evil.example' }, {}],
    ["nobody allowed", {}, { allowedDomains: [] }],
  ])("lets nobody in with %s", async (_, claims, settings) => {
    await set(settings);
    provider.person = { ...provider.person, ...claims };
    const { to, cookie } = await signIn();
    expect([to, cookie]).toEqual([REFUSED, ""]);
    expect(await t.admin.people.list()).toEqual([]);
  });

  test("lets nobody in who is disabled", async () => {
    await set();
    await signIn();
    const [person] = await t.admin.people.list();
    await t.admin.people.change(person?.id ?? "", { disabled: true });
    expect((await signIn()).to).toBe(REFUSED);
  });

  test("takes the role from a claim, where that is set, each time", async () => {
    await set({ roleClaim: "roles" });
    provider.person = { ...provider.person, roles: ["staff", "member"] };
    const first = (await signIn()).cookie;
    expect(await meOf(first)).toMatchObject({ role: "member" });
    const events = await t.fetch("GET", "/v1/events", { headers: { cookie: first } });
    const ended = events.text();
    provider.person = { ...provider.person, roles: [] };
    const begun = Date.now();
    expect(await meOf((await signIn()).cookie)).toMatchObject({ role: "viewer" });
    // At once, not at the stream's own next look.
    await ended;
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect(await meOf(first)).toMatchObject({ code: "UNAUTHENTICATED" });
  });
});

describe("its attackers", () => {
  test("get no other page to go to than ours", async () => {
    await set();
    for (const next of ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb"]) {
      const url = `${t.url}/v1/login/oidc?next=${encodeURIComponent(next)}`;
      expect(await codeOf(get(url))).toBe("BAD_REQUEST");
    }
    const headers = { host: "evil.example" };
    const reply = await fetch(`${t.url}/v1/login/oidc`, { redirect: "manual", headers });
    const to = new URL(reply.headers.get("location") ?? "");
    expect(to.searchParams.get("redirect_uri")).toBe(`${t.url}/v1/login/oidc/callback`);
    expect([to.searchParams.get("code_challenge_method"), to.origin]).toEqual(["S256", provider.issuer]);
  });

  test("cannot use an answer twice, in another browser, or without one that was sent there", async () => {
    await set();
    const { url, cookie } = await begin();
    const back = await throughProvider(url);
    const other = await begin();
    expect((await get(back, other.cookie)).headers.get("location")).toBe(REFUSED);
    const third = await begin();
    const backAgain = await throughProvider(third.url);
    expect((await get(backAgain, third.cookie)).headers.get("location")).toBe("/");
    expect((await get(backAgain, third.cookie)).headers.get("location")).toBe(REFUSED);
    expect((await get(back, cookie)).headers.get("location")).toBe(REFUSED);
    const bare = `${t.url}/v1/login/oidc/callback`;
    for (const query of ["", "?code=x", "?code=x&state=y", "?error=access_denied"])
      expect((await get(bare + query, cookie)).headers.get("location")).toBe(REFUSED);
  });

  test("cannot mix in an answer to somebody else's question", async () => {
    await set();
    const [mine, theirs] = [await begin(), await begin()];
    const code = new URL(await throughProvider(theirs.url)).searchParams.get("code") ?? "";
    const back = new URL(await throughProvider(mine.url));
    back.searchParams.set("code", code);
    // PKCE: the provider gives nothing for another one's code.
    expect((await get(back.href, mine.cookie)).headers.get("location")).toBe(REFUSED);
  });

  const spoil = (claims: Record<string, unknown>) => (forge: ForgingProvider) => {
    forge.claims = (usual) => ({ ...usual, ...claims });
  };
  test.each<[string, string, (forge: ForgingProvider) => void]>([
    ["what is right", "/", spoil({})],
    ["another nonce", REFUSED, spoil({ nonce: "x" })],
    ["no nonce", REFUSED, spoil({ nonce: undefined })],
    ["another issuer", REFUSED, spoil({ iss: "http://127.0.0.1:1" })],
    ["another audience", REFUSED, spoil({ aud: "other" })],
    ["an end that is over", REFUSED, spoil({ exp: 1 })],
    ["a verified address as a word", REFUSED, spoil({ email_verified: "true" })],
    [
      "a foreign signature",
      REFUSED,
      (forge) => {
        forge.isForeign = true;
      },
    ],
  ])("with a token of %s end at %s", async (_, wanted, change) => {
    await using forge = await ForgingProvider.start();
    await set({ issuer: forge.issuer });
    change(forge);
    const { url, cookie } = await begin();
    const asked = new URL(url).searchParams;
    forge.nonce = asked.get("nonce") ?? "";
    const answer = { code: "c", state: asked.get("state") ?? "", iss: forge.issuer };
    const back = `${t.url}/v1/login/oidc/callback?${new URLSearchParams(answer)}`;
    expect((await get(back, cookie)).headers.get("location")).toBe(wanted);
  });

  test("with an answer that names another issuer are refused (mix-up)", async () => {
    await using forge = await ForgingProvider.start();
    await set({ issuer: forge.issuer });
    const { url, cookie } = await begin();
    const asked = new URL(url).searchParams;
    forge.nonce = asked.get("nonce") ?? "";
    const answer = { code: "c", state: asked.get("state") ?? "", iss: "https://other.example" };
    const back = `${t.url}/v1/login/oidc/callback?${new URLSearchParams(answer)}`;
    expect((await get(back, cookie)).headers.get("location")).toBe(REFUSED);
  });
});

test("a provider that is away, and a secret that others may read, are told", async () => {
  await set({ issuer: "http://127.0.0.1:1" });
  expect((await get(`${t.url}/v1/login/oidc`)).headers.get("location")).toBe(
    "/login#problem=OIDC_UNAVAILABLE",
  );
  await set();
  expect(await (await t.fetch("GET", "/v1/login/ways")).json()).toEqual({
    password: false,
    oidc: { name: "OpenID" },
  });
  chmodSync(joinPath(t.directory, "secret"), 0o644);
  expect((await get(`${t.url}/v1/login/oidc`)).headers.get("location")).toBe(
    "/login#problem=OIDC_UNAVAILABLE",
  );
  expect(t.logged).toContain("its mode must be 0600");
});
