import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { PERSON } from "../testing/login-pages.ts";
import { LoginProvider } from "../testing/login-provider.ts";
import { Person } from "../testing/person.ts";
import { NOTHING, oauthAt, SigninFixture } from "../testing/signin-fixture.ts";

let provider: LoginProvider;
let fixture: SigninFixture;
beforeAll(async () => {
  provider = await LoginProvider.start();
});
afterAll(() => provider[Symbol.asyncDispose]());
beforeEach(async () => {
  fixture = await SigninFixture.start();
});
afterEach(async () => {
  provider.misbehave = undefined;
  await fixture[Symbol.asyncDispose]();
});

const request = () => ({ provider: "test", settings: oauthAt(provider) });
const begin = () => fixture.begin(request());
const signIn = (url: string | null | undefined, as = {}) => new Person().signIn(url ?? "", as);

/** Its named end. */
const failsAs = async (id: string): Promise<string> => (await fixture.endOf(id)).replace(/^.*: /, "");

describe("a sign-in with OAuth", () => {
  test("opens the provider's page with PKCE, state and nonce, and ends in a connection that refreshes", async () => {
    const begun = await begin();
    const url = new URL(begun.guide?.url ?? "");
    expect(fixture.api.host.navigated).toEqual([url.href]);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: "code",
      client_id: "app",
      redirect_uri: "http://127.0.0.1:45678/callback",
      code_challenge_method: "S256",
      scope: "openid offline_access",
    });
    for (const name of ["state", "nonce", "code_challenge"])
      expect(url.searchParams.get(name)?.length).toBeGreaterThanOrEqual(43);
    expect(url.href).not.toContain(provider.client.clientSecret);

    fixture.guest.answer(await signIn(url.href));
    const done = await fixture.reaches(begun.id, "completed");
    expect(done.steps.map(({ step }) => step)).toEqual([
      "session",
      "prepare",
      "open",
      "user",
      "capture",
      "store",
    ]);
    expect(await fixture.isOver(begun.id)).toMatchObject({ canRetry: false, guide: null, reason: null });
    expect(await fixture.remains()).toEqual(NOTHING);
    const { admin } = fixture.api;
    const connection = await admin.connections.get(done.connectionId ?? "");
    expect(connection).toMatchObject({
      kind: "oauth",
      provider: "test",
      subject: PERSON.name,
      health: "ok",
      scopes: ["openid", "offline_access"],
    });
    const first = await admin.connections.token(connection.id);
    expect(await provider.knows(first.accessToken)).toBe(true);
    await admin.connections.refresh(connection.id);
    const second = await admin.connections.token(connection.id);
    expect(second.accessToken).not.toBe(first.accessToken);
    const { data } = await admin.audit.list();
    expect(data.map(({ action }) => action).filter((action) => /signin|created/.test(action))).toEqual([
      "signin.completed",
      "connection.created",
      "signin.started",
    ]);
  });

  test("tells each step as an event, and holds no secret in events, log or database", async () => {
    const begun = await begin();
    const answer = await signIn(begun.guide?.url);
    fixture.guest.answer(answer);
    const { connectionId } = await fixture.reaches(begun.id, "completed");
    await fixture.isOver(begun.id);
    const told: string[] = [];
    const ends = AbortSignal.timeout(1000);
    for await (const { type, data } of fixture.signins.events(begun.id, { after: 0, signal: ends })) {
      told.push(type === "signin.state" ? String(data.to) : String(data.step));
      if (data.to === "completed") break;
    }
    expect(told).toEqual([
      ...["starting", "session", "prepare", "awaiting_user", "open", "user", "capturing", "capture", "store"],
      "completed",
    ]);
    const { accessToken } = await fixture.api.admin.connections.token(connectionId ?? "");
    const bytes = fixture.api.databaseBytes().toString("latin1");
    for (const secret of [answer.code ?? "?", accessToken, provider.client.clientSecret]) {
      expect(bytes).not.toContain(secret);
      expect(fixture.api.logged).not.toContain(secret);
    }
  });

  test("into a connection renews it, for the same account only", async () => {
    const first = await begin();
    fixture.guest.answer(await signIn(first.guide?.url));
    const { connectionId } = await fixture.reaches(first.id, "completed");
    await fixture.isOver(first.id);
    const connection = connectionId ?? "";
    const before = await fixture.api.admin.connections.token(connection);

    // No provider and no settings: as it was signed in before.
    const other = await fixture.begin({ connection });
    expect(other).toMatchObject({ renews: true, subject: PERSON.name, connectionId });
    fixture.guest.answer(await signIn(other.guide?.url, { name: "other@example.org" }));
    expect(await failsAs(other.id)).toBe("SIGNIN_SUBJECT_MISMATCH");
    expect(await fixture.api.admin.connections.token(connection)).toEqual(before);

    const { id } = await fixture.signins.retry(other.id);
    const again = await fixture.reaches(id, "awaiting_user");
    expect(again.attempt).toBe(2);
    fixture.guest.answer(await signIn(again.guide?.url));
    expect(await fixture.reaches(id, "completed")).toMatchObject({ connectionId });
    await fixture.isOver(id);
    expect(await fixture.connections()).toHaveLength(1);
    const after = await fixture.api.admin.connections.token(connection);
    expect(after.accessToken).not.toBe(before.accessToken);
    const { data } = await fixture.api.admin.audit.list({ connection });
    expect(data.map(({ action }) => action)).toContain("connection.renewed");
  });
});

describe("an answer that is not as it should be", () => {
  test.each<[string, (answer: Record<string, string>) => Record<string, string>, string]>([
    ["another state", (answer) => ({ ...answer, state: "forged" }), "SIGNIN_STATE_MISMATCH"],
    ["no state", ({ state: _, ...rest }) => rest, "SIGNIN_STATE_MISMATCH"],
    ["another issuer", (answer) => ({ ...answer, iss: "https://evil.example" }), "SIGNIN_ISSUER_MISMATCH"],
    ["no issuer", ({ iss: _, ...rest }) => rest, "SIGNIN_ISSUER_MISMATCH"],
    ["no code", ({ code: _, ...rest }) => rest, "SIGNIN_TOKENS_INVALID"],
    ["another code", (answer) => ({ ...answer, code: "x".repeat(43) }), "SIGNIN_CODE_REFUSED"],
    [
      "an error with words of its own",
      ({ code: _, ...rest }) => ({ ...rest, error: "secret words" }),
      "SIGNIN_PROVIDER_ERROR",
    ],
  ])("%s: a named end", async (_, change, code) => {
    const { id, guide } = await begin();
    fixture.guest.answer(change(await signIn(guide?.url)));
    expect(await failsAs(id)).toBe(code);
    expect(await fixture.connections()).toEqual([]);
    expect(JSON.stringify(await fixture.signins.get(id)) + fixture.api.logged).not.toContain("secret words");
  });

  test("a person who says no", async () => {
    const { id, guide } = await begin();
    fixture.guest.answer(await signIn(guide?.url, { allow: "no" }));
    expect(await failsAs(id)).toBe("SIGNIN_PROVIDER_ERROR");
    expect((await fixture.signins.get(id)).reason?.details).toEqual({ error: "access_denied" });
  });

  test("the code of another sign-in, and one that was used before", async () => {
    const first = await begin();
    const answer = await signIn(first.guide?.url);
    fixture.guest.answer(answer);
    await fixture.reaches(first.id, "completed");
    await fixture.isOver(first.id);
    const second = await begin();
    const state = new URL(second.guide?.url ?? "").searchParams.get("state") ?? "";
    fixture.guest.answer({ ...answer, state });
    expect(await failsAs(second.id)).toBe("SIGNIN_CODE_REFUSED");
    expect(await fixture.connections()).toHaveLength(1);
  });

  test.each<[string, (now: number) => Record<string, unknown>, string]>([
    ["another nonce", () => ({ nonce: "of another sign-in" }), "SIGNIN_NONCE_MISMATCH"],
    ["another issuer", () => ({ iss: "https://evil.example" }), "SIGNIN_ISSUER_MISMATCH"],
    ["another audience", () => ({ aud: "another client" }), "SIGNIN_TOKENS_INVALID"],
    // Clocks that disagree by hours, and by moments.
    ["an end an hour ago", (now) => ({ exp: now - 3600 }), "SIGNIN_TOKENS_INVALID"],
    ["a beginning in an hour", (now) => ({ nbf: now + 3600 }), "SIGNIN_TOKENS_INVALID"],
    ["an end that has just been", (now) => ({ exp: now - 2 }), "completed"],
  ])("an ID token with %s", async (_, claims, code) => {
    const { id, guide } = await begin();
    const nonce = new URL(guide?.url ?? "").searchParams.get("nonce");
    provider.misbehave = (response) => {
      const now = Math.floor(Date.now() / 1000);
      const good = { iss: provider.issuer, aud: "app", sub: "x", nonce, iat: now, exp: now + 600 };
      const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const token = [part({ alg: "RS256" }), part({ ...good, ...claims(now) }), "c2lnbmF0dXJl"].join(".");
      const body = { access_token: "a", token_type: "Bearer", expires_in: 60, id_token: token };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
      return true;
    };
    fixture.guest.answer(await signIn(guide?.url));
    expect(await failsAs(id)).toBe(code);
    expect(await fixture.connections()).toHaveLength(code === "completed" ? 1 : 0);
  });

  test("a token endpoint that sends the code on to another origin: it goes nowhere", async () => {
    const { id, guide } = await begin();
    const asked = vi.fn();
    await using foreign = createServer((_, response) => {
      asked();
      response.end();
    });
    await new Promise<void>((resolve) => foreign.listen(0, "127.0.0.1", resolve));
    const { port } = foreign.address() as AddressInfo;
    provider.misbehave = (response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${port}/token` }).end();
      return true;
    };
    fixture.guest.answer(await signIn(guide?.url));
    expect(await failsAs(id)).toBe("PROVIDER_DOWN");
    expect(asked).not.toHaveBeenCalled();
  });

  test("a provider that is down when the code is exchanged, and nonsense in place of tokens", async () => {
    for (const [status, body, code] of [
      [503, "down", "PROVIDER_DOWN"],
      [200, "<html>", "SIGNIN_TOKENS_INVALID"],
    ] as const) {
      const { id, guide } = await begin();
      provider.misbehave = (response) => {
        response.writeHead(status, { "content-type": "text/html" }).end(body);
        return true;
      };
      fixture.guest.answer(await signIn(guide?.url));
      expect(await failsAs(id)).toBe(code);
      provider.misbehave = undefined;
    }
    expect(await fixture.connections()).toEqual([]);
  });
});
