import { apiRoutes, CLOSE_CODES } from "@browservm/contract";
import { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  type Browser,
  browserOf,
  codeOf,
  join,
  PASSWORD,
  signInByPassword,
} from "../../testing/people-fixture.ts";
import { TestController } from "../../testing/test-controller.ts";
import { closed, opened } from "../../testing/web-sockets.ts";

let t: TestController;
beforeEach(async () => {
  // A trusted proxy, so that each test can come from as many addresses as it needs.
  t = await TestController.start({ trustedProxies: ["127.0.0.1"] });
});
afterEach(() => t[Symbol.asyncDispose]());

const NEW = "another long password";
const ask = (browser: Browser, method: string, path: string, body?: unknown) =>
  codeOf(t.fetch(method, path, { headers: browser.headers, ...(body === undefined ? {} : { body }) }));
const problem = (work: Promise<unknown>) =>
  work.then(
    () => "ok",
    (error: { code?: string }) => error.code,
  );
let address = 0;
/** Each from an address of its own, so that only the account's own limit counts. */
const guess = (email: string, password: string) => {
  address += 1;
  const headers = { "x-forwarded-for": `10.0.${address >> 8}.${address & 255}` };
  return t.fetch("POST", "/v1/login/password", { body: { email, password }, headers });
};
const personOf = async (email: string) => {
  const person = (await t.admin.people.list()).find((one) => one.email === email);
  if (!person) throw new Error(`nobody has ${email}`);
  return person;
};

describe("invitations", () => {
  test("make a person, once, and sign them in", async () => {
    const { token, url } = await t.admin.invitations.create({ email: "Ann@Example.org", role: "member" });
    expect(url).toBe(`${t.url}/login#invitation=${token}`);
    expect(await t.admin.invitations.look(token)).toMatchObject({
      email: "ann@example.org",
      role: "member",
      isReset: false,
    });
    const body = { token, name: "Ann", password: PASSWORD };
    const both = await Promise.all(
      [1, 2].map(() => codeOf(t.fetch("POST", "/v1/invitations/accept", { body }))),
    );
    expect(both.toSorted()).toEqual(["INVITATION_SPENT", "ok"]);
    expect(await problem(t.admin.invitations.look(token))).toBe("INVITATION_SPENT");
    const ann = await browserOf(await signInByPassword(t, "ann@EXAMPLE.org"));
    expect(ann.me).toMatchObject({ role: "member", person: { name: "Ann", email: "ann@example.org" } });
    expect(await t.admin.invitations.list()).toEqual([]);
  });

  test("are of no use when they expired, were taken back, or their maker lost the right", async () => {
    const late = await t.admin.invitations.create({ email: "late@example.org" });
    const past = { expires_at: new Date(0).toISOString() };
    await t.withStore((store) => store.updateTable("invitation").set(past).execute());
    const back = await t.admin.invitations.create({ email: "back@example.org" });
    await t.admin.invitations.remove(back.id);
    await join(t, "root@example.org", "admin");
    const boss = await join(t, "boss@example.org", "admin");
    const reply = await t.fetch("POST", "/v1/invitations", {
      headers: boss.headers,
      body: { email: "friend@example.org", role: "admin" },
    });
    const friend = (await reply.json()) as { token: string };
    await t.admin.people.change((await personOf("boss@example.org")).id, { role: "viewer" });
    for (const { token } of [late, back, friend, { token: "bvi_wrong" }]) {
      const body = { token, name: "X", password: PASSWORD };
      expect(await codeOf(t.fetch("POST", "/v1/invitations/accept", { body }))).toBe("INVITATION_SPENT");
    }
    expect(await problem(t.admin.invitations.remove(back.id))).toBe("INVITATION_NOT_FOUND");
  });

  test("of one address: the newest is the only one", async () => {
    const email = "ann@example.org";
    const older = await t.admin.invitations.create({ email, role: "admin" });
    const newer = await t.admin.invitations.create({ email: "Ann@example.org", role: "viewer" });
    expect((await t.admin.invitations.list()).map(({ id }) => id)).toEqual([newer.id]);
    expect(await problem(t.admin.invitations.look(older.token))).toBe("INVITATION_SPENT");
  });

  test("are for addresses that nobody has, and passwords that are long enough", async () => {
    await join(t, "ann@example.org");
    expect(await problem(t.admin.invitations.create({ email: "ANN@example.org" }))).toBe("PERSON_EXISTS");
    const { token } = await t.admin.invitations.create({ email: "bob@example.org" });
    const short = { token, name: "Bob", password: "short" };
    expect(await codeOf(t.fetch("POST", "/v1/invitations/accept", { body: short }))).toBe("BAD_REQUEST");
    const spoilt = { token, name: "Bob\u202e", password: PASSWORD };
    expect(await codeOf(t.fetch("POST", "/v1/invitations/accept", { body: spoilt }))).toBe("BAD_REQUEST");
    expect((await t.admin.invitations.look(token)).email).toBe("bob@example.org");
  });
});

describe("roles", () => {
  test("viewers look, members work, admins do everything", async () => {
    const viewer = await join(t, "viewer@example.org", "viewer");
    const member = await join(t, "member@example.org", "member");
    const admin = await join(t, "admin@example.org", "admin");
    const table: [string, string, unknown, string[]][] = [
      ["GET", "/v1/sessions", undefined, ["ok", "ok", "ok"]],
      ["GET", "/v1/connections", undefined, ["ok", "ok", "ok"]],
      ["POST", "/v1/sessions", { image: "tiny" }, ["FORBIDDEN", "ok", "ok"]],
      ["POST", "/v1/api-keys", { name: "k", scopes: ["sessions:read"] }, ["FORBIDDEN", "ok", "ok"]],
      ["POST", "/v1/api-keys", { name: "k", role: "admin" }, ["FORBIDDEN", "GRANT_TOO_STRONG", "ok"]],
      ["GET", "/v1/people", undefined, ["FORBIDDEN", "FORBIDDEN", "ok"]],
      ["POST", "/v1/invitations", { email: "x@example.org" }, ["FORBIDDEN", "FORBIDDEN", "ok"]],
      ["GET", "/v1/audit", undefined, ["FORBIDDEN", "FORBIDDEN", "ok"]],
      ["GET", "/v1/vault", undefined, ["FORBIDDEN", "FORBIDDEN", "ok"]],
      ["POST", "/v1/login-tokens", {}, ["FORBIDDEN", "FORBIDDEN", "ok"]],
    ];
    for (const [method, path, body, wanted] of table) {
      const got = [];
      for (const browser of [viewer, member, admin]) got.push(await ask(browser, method, path, body));
      expect([method, path, ...got]).toEqual([method, path, ...wanted]);
    }
  });

  test("bound the keys of a person, who sees only their own", async () => {
    const ann = await join(t, "ann@example.org", "admin");
    await join(t, "other@example.org", "admin");
    const make = async (browser: Browser, body: object) =>
      (await (await t.fetch("POST", "/v1/api-keys", { headers: browser.headers, body })).json()) as {
        id: string;
        secret: string;
      };
    const { secret } = await make(ann, { name: "all", role: "admin" });
    const bob = await join(t, "bob@example.org");
    const { id } = await make(bob, { name: "bob's" });
    expect(await ask(bob, "DELETE", `/v1/api-keys/${id}`)).toBe("ok");
    const keys = await t.fetch("GET", "/v1/api-keys", { headers: bob.headers });
    expect(await keys.json()).toEqual({ data: [] });
    const key = new BrowserVM({ baseUrl: t.url, apiKey: secret, retries: 0 });
    expect(await problem(key.audit.list())).toBe("ok");
    const { id: annId } = await personOf("ann@example.org");
    await t.admin.people.change(annId, { role: "viewer" });
    expect(await problem(key.audit.list())).toBe("FORBIDDEN");
    expect(await problem(key.sessions.list())).toBe("ok");
    await t.admin.people.change(annId, { disabled: true });
    expect(await problem(key.sessions.list())).toBe("UNAUTHENTICATED");
    await t.admin.people.change(annId, { disabled: false });
    await t.admin.people.remove(annId);
    expect(await problem(key.sessions.list())).toBe("UNAUTHENTICATED");
  });

  test("the last admin stays", async () => {
    await join(t, "ann@example.org", "admin");
    const { id } = await personOf("ann@example.org");
    const works = [
      t.admin.people.change(id, { role: "member" }),
      t.admin.people.change(id, { disabled: true }),
      t.admin.people.remove(id),
    ];
    for (const code of await Promise.all(works.map(problem))) expect(code).toBe("LAST_ADMIN");
    await join(t, "bob@example.org", "admin");
    const both = await Promise.all(
      ["ann@example.org", "bob@example.org"].map(async (email) =>
        problem(t.admin.people.change((await personOf(email)).id, { role: "viewer" })),
      ),
    );
    expect(both.toSorted()).toEqual(["LAST_ADMIN", "ok"]);
  });
});

describe("passwords", () => {
  test("are refused in the same words, known or not", async () => {
    await join(t, "ann@example.org");
    await join(t, "off@example.org");
    await t.admin.people.change((await personOf("off@example.org")).id, { disabled: true });
    const answers = new Set<string>();
    const cases: [string, string][] = [
      ["ann@example.org", "not the password"],
      ["nobody@example.org", PASSWORD],
      ["off@example.org", PASSWORD],
    ];
    for (const [email, password] of cases) {
      const reply = await guess(email, password);
      const { requestId: _, ...told } = (await reply.json()) as Record<string, unknown>;
      answers.add(JSON.stringify([reply.status, told]));
    }
    expect([...answers]).toEqual([expect.stringContaining("LOGIN_REFUSED")]);
    const { data } = await t.admin.audit.list();
    const refused = data.filter(({ action }) => action === "person.sign_in_refused");
    expect(refused).toHaveLength(3);
    expect(JSON.stringify(refused)).not.toMatch(/nobody@|password"?:"?not/);
  });

  test("cannot be guessed fast, from one address or from many", async () => {
    await join(t, "ann@example.org");
    const one = [];
    for (let i = 0; i < 12; i += 1) one.push(await codeOf(signInByPassword(t, `n${i}@example.org`, "x")));
    expect(one.slice(-2)).toEqual(["RATE_LIMITED", "RATE_LIMITED"]);
    const many = [];
    for (let i = 0; i < 12; i += 1) many.push(await codeOf(guess("ann@example.org", "x")));
    expect(many.at(0)).toBe("LOGIN_REFUSED");
    expect(many.slice(-2)).toEqual(["RATE_LIMITED", "RATE_LIMITED"]);
  });

  test("are changed by who knows the old one, and that ends the other sign-ins", async () => {
    const first = await join(t, "ann@example.org");
    const second = await browserOf(await signInByPassword(t, "ann@example.org"));
    const wrong = { current: "wrong", next: NEW };
    expect(await ask(second, "POST", "/v1/me/password", wrong)).toBe("LOGIN_REFUSED");
    const body = { current: PASSWORD, next: NEW };
    const reply = await t.fetch("POST", "/v1/me/password", { headers: second.headers, body });
    const third = await browserOf(reply);
    for (const old of [first, second]) expect(await ask(old, "GET", "/v1/me")).toBe("UNAUTHENTICATED");
    expect(await ask(third, "GET", "/v1/me")).toBe("ok");
    expect(await codeOf(guess("ann@example.org", PASSWORD))).toBe("LOGIN_REFUSED");
    expect(await codeOf(guess("ann@example.org", NEW))).toBe("ok");
  });

  test("are set anew by a link of an admin's, once", async () => {
    const ann = await join(t, "ann@example.org");
    const { id } = await personOf("ann@example.org");
    const older = await t.admin.people.reset(id);
    const { token } = await t.admin.people.reset(id);
    expect(await t.admin.invitations.look(token)).toMatchObject({ isReset: true });
    const body = { token, password: NEW };
    expect(await codeOf(t.fetch("POST", "/v1/invitations/accept", { body }))).toBe("ok");
    expect(await ask(ann, "GET", "/v1/me")).toBe("UNAUTHENTICATED");
    expect(await codeOf(guess("ann@example.org", NEW))).toBe("ok");
    for (const spent of [older.token, token])
      expect(await problem(t.admin.invitations.look(spent))).toBe("INVITATION_SPENT");
  });

  test("are set by no link that was made while their person could do less", async () => {
    await join(t, "ann@example.org", "viewer");
    const { id } = await personOf("ann@example.org");
    const { token } = await t.admin.people.reset(id);
    await t.admin.people.change(id, { role: "member" });
    const body = { token, password: NEW };
    expect(await codeOf(t.fetch("POST", "/v1/invitations/accept", { body }))).toBe("INVITATION_SPENT");
  });

  test("that are new end the sign-in links that were not used", async () => {
    const ann = await join(t, "ann@example.org", "admin");
    const made = await t.fetch("POST", "/v1/login-tokens", { headers: ann.headers, body: {} });
    const { token: unused } = (await made.json()) as { token: string };
    const { token } = await t.admin.people.reset((await personOf("ann@example.org")).id);
    const body = { token, password: NEW };
    expect(await codeOf(t.fetch("POST", "/v1/invitations/accept", { body }))).toBe("ok");
    expect(await codeOf(t.fetch("POST", "/v1/login", { body: { token: unused } }))).toBe("LOGIN_TOKEN_SPENT");
  });

  test("and tokens stand in no log and no database", async () => {
    const { token } = await t.admin.invitations.create({ email: "ann@example.org" });
    const body = { token, name: "Ann", password: PASSWORD };
    const { cookie } = await browserOf(await t.fetch("POST", "/v1/invitations/accept", { body }));
    await guess("ann@example.org", "planted wrong password");
    const written = t.logged + t.databaseBytes().toString("latin1");
    for (const secret of [token, PASSWORD, cookie.replace(/^[^=]*=/, ""), "planted wrong password"])
      expect(written).not.toContain(secret);
    expect(written).toContain("scrypt$2048$8$3$");
  });
});

describe("a sign-in", () => {
  test("always has a fresh cookie; the one that came with it is of no use any more", async () => {
    const ann = await join(t, "ann@example.org");
    const body = { email: "ann@example.org", password: PASSWORD };
    const headers = { cookie: ann.cookie };
    const again = await browserOf(await t.fetch("POST", "/v1/login/password", { body, headers }));
    expect(again.cookie).not.toBe(ann.cookie);
    expect(await ask(ann, "GET", "/v1/me")).toBe("UNAUTHENTICATED");
    const planted = { cookie: "bvm_session=chosen-by-somebody-else" };
    const third = await browserOf(await t.fetch("POST", "/v1/login/password", { body, headers: planted }));
    expect(third.cookie).not.toContain("chosen");
    expect(await codeOf(t.fetch("GET", "/v1/me", { headers: planted }))).toBe("UNAUTHENTICATED");
  });

  test("from a foreign page is refused, and so is every change without the CSRF token", async () => {
    const ann = await join(t, "ann@example.org", "admin");
    const foreign = { origin: "https://evil.example" };
    for (const path of ["/v1/login", "/v1/login/password", "/v1/invitations/accept", "/v1/invitations/look"])
      expect(await codeOf(t.fetch("POST", path, { headers: foreign, body: {} }))).toBe("ORIGIN_REFUSED");
    const id = (kind: string) => `${kind}_${"a".repeat(20)}`;
    const changes = Object.values(apiRoutes).filter(
      ({ method, access }) => method !== "GET" && access !== "open",
    );
    expect(changes.length).toBeGreaterThan(30);
    for (const { method, path } of changes) {
      const url = path
        .replace(/^\/v1\/sessions\/:id/, `/v1/sessions/${id("ses")}`)
        .replace(/:\w+|\*$/g, id("key"));
      const got = await codeOf(t.fetch(method, url, { headers: { cookie: ann.cookie } }));
      expect([method, path, got]).toEqual([method, path, "CSRF_REFUSED"]);
    }
    expect(await ask(ann, "GET", "/v1/me")).toBe("ok");
  });

  test("ends everywhere when its person says so", async () => {
    const first = await join(t, "ann@example.org");
    const second = await browserOf(await signInByPassword(t, "ann@example.org"));
    const bob = await join(t, "bob@example.org");
    expect(await ask(first, "POST", "/v1/me/sign-out-everywhere")).toBe("ok");
    for (const browser of [first, second])
      expect(await ask(browser, "GET", "/v1/me")).toBe("UNAUTHENTICATED");
    expect(await ask(bob, "GET", "/v1/me")).toBe("ok");
    const operator = await t.signIn();
    const headers = { cookie: operator.cookie, "x-csrf-token": operator.csrfToken };
    expect(await codeOf(t.fetch("POST", "/v1/me/sign-out-everywhere", { headers }))).toBe("PERSON_NEEDED");
  });

  test("ends at once when its person is disabled, with the views that it opened", async () => {
    const ann = await join(t, "ann@example.org");
    const session = await t.admin.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    const headers = { cookie: ann.cookie, origin: t.url };
    const at = t.url.replace("http", "ws");
    const view = await opened(new WebSocket(`${at}/v1/sessions/${session.id}/vnc`, { headers }));
    const shell = await opened(new WebSocket(`${at}/v1/sessions/${session.id}/streams/ssh`, { headers }));
    const ends = Promise.all([closed(view), closed(shell)]);
    const events = t.fetch("GET", "/v1/events", { headers }).then((reply) => reply.text());
    await expect.poll(async () => (await session.listViewers()).viewers.length).toBe(1);
    const begun = Date.now();
    await t.admin.people.change((await personOf("ann@example.org")).id, { disabled: true });
    const [viewEnd, shellEnd] = await ends;
    await events;
    expect(Date.now() - begun).toBeLessThan(5000);
    expect([CLOSE_CODES.removed, CLOSE_CODES.credentialsExpired]).toContain(viewEnd.code);
    expect(shellEnd.code).toBe(CLOSE_CODES.credentialsExpired);
    expect((await session.listViewers()).viewers).toEqual([]);
    expect(await ask(ann, "GET", "/v1/me")).toBe("UNAUTHENTICATED");
    expect(await codeOf(guess("ann@example.org", PASSWORD))).toBe("LOGIN_REFUSED");
  });

  test("by a link that a person made is theirs, and ends with them", async () => {
    const ann = await join(t, "ann@example.org", "admin");
    await join(t, "bob@example.org", "admin");
    const link = async () => {
      const reply = await t.fetch("POST", "/v1/login-tokens", { headers: ann.headers, body: {} });
      return ((await reply.json()) as { token: string }).token;
    };
    const used = await t.login(await link());
    const unused = await link();
    const me = await t.fetch("GET", "/v1/me", { headers: { cookie: used.cookie } });
    expect(await me.json()).toMatchObject({ role: "admin", person: { email: "ann@example.org" } });
    await t.admin.people.change((await personOf("ann@example.org")).id, { disabled: true });
    expect(await codeOf(t.fetch("GET", "/v1/me", { headers: { cookie: used.cookie } }))).toBe(
      "UNAUTHENTICATED",
    );
    expect(await codeOf(t.fetch("POST", "/v1/login", { body: { token: unused } }))).toBe("LOGIN_TOKEN_SPENT");
  });
});

test("what is done with people and keys is in the audit log, by whom", async () => {
  const ann = await join(t, "ann@example.org", "admin");
  const { id } = await personOf("ann@example.org");
  await ask(ann, "POST", "/v1/api-keys", { name: "k" });
  await join(t, "bob@example.org");
  await ask(ann, "PATCH", `/v1/people/${(await personOf("bob@example.org")).id}`, { role: "viewer" });
  await ask(ann, "DELETE", `/v1/people/${(await personOf("bob@example.org")).id}`);
  const { data } = await t.admin.audit.list();
  const told = data.map(({ action, actor }) => [action, actor.kind, actor.id === id]);
  expect(told.toReversed().slice(1)).toEqual([
    ["person.invited", "socket", false],
    ["person.joined", "person", true],
    ["person.signed_in", "person", true],
    ["key.created", "person", true],
    ["person.invited", "socket", false],
    ["person.joined", "person", false],
    ["person.signed_in", "person", false],
    ["person.changed", "person", true],
    ["person.removed", "person", true],
  ]);
  expect((await t.admin.audit.verify()).ok).toBe(true);
});
