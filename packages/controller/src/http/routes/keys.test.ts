import { type ApiKey, apiRoutes, CLOSE_CODES, type CreateApiKey, type Grant } from "@browservm/contract";
import { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { TestController } from "../../testing/test-controller.ts";
import { filesRequest } from "../../testing/vault-fixture.ts";
import { closed, opened } from "../../testing/web-sockets.ts";

let t: TestController;
beforeEach(async () => {
  t = await TestController.start();
});
afterEach(() => t[Symbol.asyncDispose]());

type Made = ApiKey & { secret: string; bvm: BrowserVM };

const clientOf = (secret: string) => new BrowserVM({ baseUrl: t.url, apiKey: secret, retries: 0 });

async function keyOf(request: Partial<CreateApiKey>, maker: BrowserVM = t.admin): Promise<Made> {
  const key = await maker.keys.create({ name: "k", ...request });
  return { ...key, bvm: clientOf(key.secret) };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "ok",
    (error: { code?: string }) => error.code ?? String(error),
  );

const codesOf = (works: Promise<unknown>[]) => Promise.all(works.map(codeOf));

async function inDatabase(set: { expires_at?: string; old_until?: string }): Promise<void> {
  await t.withStore((store) => store.updateTable("api_key").set(set).execute());
}

const PAST = new Date(0).toISOString();

describe("scopes", () => {
  test("allow what their rows name, and nothing else", async () => {
    const { bvm } = await keyOf({ scopes: ["sessions:read"] });
    const session = await t.admin.sessions.create({ image: "tiny" });
    expect((await bvm.sessions.list()).data).toHaveLength(1);
    expect((await bvm.sessions.get(session.id)).id).toBe(session.id);
    expect(await bvm.me()).toMatchObject({ role: null, scopes: ["sessions:read", "sessions:view"] });
    const refused = [
      bvm.sessions.create({ image: "tiny" }),
      bvm.sessions.end(session.id),
      bvm.sessions.createViewToken(session.id),
      bvm.connections.list(),
      bvm.pools.list(),
      bvm.host(),
      bvm.audit.list(),
      bvm.keys.list(),
      bvm.people.list(),
      bvm.createLoginToken(),
    ];
    expect(new Set(await codesOf(refused))).toEqual(new Set(["FORBIDDEN"]));
  });

  test("of a noun, and of everything, are told apart by star", async () => {
    const { bvm } = await keyOf({ scopes: ["pools:*"], project: null });
    expect(await codeOf(bvm.pools.list())).toBe("ok");
    expect(await codeOf(bvm.host())).toBe("FORBIDDEN");
    const { bvm: all } = await keyOf({ scopes: ["*"], project: null });
    expect(await codeOf(all.audit.list())).toBe("ok");
  });

  test("to read a token is not to store one, nor to use it in a session without that scope", async () => {
    const { id } = await t.admin.connections.create(filesRequest());
    const { bvm } = await keyOf({ scopes: ["connections:token"] });
    expect((await bvm.connections.get(id)).id).toBe(id);
    expect(await codeOf(bvm.connections.create(filesRequest()))).toBe("FORBIDDEN");
    expect(await codeOf(bvm.connections.remove(id))).toBe("FORBIDDEN");
    const session = await t.admin.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    expect(await codeOf(bvm.connections.use(id, session.id))).toBe("FORBIDDEN");
    const { bvm: driver } = await keyOf({ scopes: ["sessions:write"] });
    const run = async () => {
      for await (const _ of driver.sessions.exec(session.id, { command: ["x"], connections: { T: id } }));
    };
    expect(await codeOf(run())).toBe("FORBIDDEN");
  });

  test("without write, a view takes no input and its caller is no operator", async () => {
    const session = await t.admin.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    const { secret, bvm } = await keyOf({ scopes: ["sessions:read"] });
    const viewer = `vwr_${"a".repeat(20)}`;
    const url = `${t.url.replace("http", "ws")}/v1/sessions/${session.id}/vnc?viewer=${viewer}`;
    const ws = await opened(new WebSocket(url, { headers: { authorization: `Bearer ${secret}` } }));
    const { viewers } = await session.listViewers();
    expect(viewers).toMatchObject([{ id: viewer, canControl: false, hasControl: false }]);
    expect(await codeOf(bvm.sessions.control(session.id, { action: "take", viewer }))).toBe(
      "CONTROL_REFUSED",
    );
    const read = t.fetch("GET", `/v1/sessions/${session.id}/files/a`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(((await (await read).json()) as { code: string }).code).toBe("CONTROL_REFUSED");
    ws.terminate();
  });

  test.each([
    [{ scopes: ["sessions:fly"] }],
    [{ scopes: [] }],
    [{ scopes: ["sessions:read"], role: "admin" }],
    [{ scopes: ["audit:read"], project: "web" }],
    [{ scopes: ["audit:read"] }],
    [{ role: "admin", project: "web" }],
    [{ project: "../web" }],
    [{ ttlSeconds: 1 }],
  ])("of %j are refused", async (request) => {
    expect(await codeOf(keyOf(request as never))).toBe("BAD_REQUEST");
  });
});

describe("projects", () => {
  test("see and make their own only; what is others' is not there", async () => {
    const { bvm: red } = await keyOf({ project: "red" });
    const { bvm: blue } = await keyOf({ project: "blue" });
    const ours = await red.sessions.create({ image: "tiny" });
    const theirs = await blue.sessions.create({ image: "tiny" });
    await theirs.waitFor("ready");
    expect(await red.sessions.get(ours.id)).toMatchObject({ project: "red" });
    expect((await red.sessions.list()).data.map(({ id }) => id)).toEqual([ours.id]);
    const { id: link } = await theirs.createViewToken();
    const viewer = `vwr_${"a".repeat(20)}`;
    const foreign = [
      red.sessions.get(theirs.id),
      red.sessions.end(theirs.id),
      red.sessions.extend(theirs.id),
      red.sessions.fork(theirs.id),
      red.sessions.createViewToken(theirs.id),
      red.sessions.listViewLinks(theirs.id),
      red.sessions.revokeViewLink(theirs.id, link),
      red.sessions.control(theirs.id, { action: "take", viewer }),
      red.sessions.screenshot(theirs.id),
      red.examine({ sessionId: theirs.id }),
    ];
    expect(new Set(await codesOf(foreign))).toEqual(new Set(["SESSION_NOT_FOUND"]));
    expect(await codeOf(red.sessions.get(`ses_${"z".repeat(20)}`))).toBe("SESSION_NOT_FOUND");
    expect(await codeOf(red.sessions.create({ image: "tiny", project: "blue" }))).toBe("FORBIDDEN");
    expect(await codeOf(red.sessions.list({ project: "blue" }))).toBe("FORBIDDEN");
    expect((await t.admin.sessions.list()).data).toHaveLength(2);
    expect((await t.admin.sessions.list({ project: "blue" })).data.map(({ id }) => id)).toEqual([theirs.id]);
    expect(await (await theirs.fork()).refresh()).toMatchObject({ project: "blue" });
  });

  test("hear their own events only", async () => {
    const { bvm: red } = await keyOf({ project: "red" });
    const ours = await red.sessions.create({ image: "tiny" });
    const theirs = await t.admin.sessions.create({ image: "tiny" });
    await Promise.all([ours.waitFor("ready"), theirs.waitFor("ready")]);
    const after = new AbortController();
    const subjects = new Set<string>();
    for await (const { subject, type, data } of red.events({ after: 0, signal: after.signal })) {
      subjects.add(subject);
      if (type === "session.state" && data.to === "ready") break;
    }
    after.abort();
    expect([...subjects]).toEqual([ours.id]);
  });

  test("have connections of their own, which only their sessions use, whoever asks", async () => {
    const { bvm: red } = await keyOf({ project: "red" });
    const { bvm: blue } = await keyOf({ project: "blue" });
    const { id, project } = await red.connections.create(filesRequest());
    expect(project).toBe("red");
    expect((await blue.connections.list()).data).toEqual([]);
    const session = await blue.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    const run = async (bvm: BrowserVM) => {
      for await (const _ of bvm.sessions.exec(session.id, { command: ["x"], connections: { T: id } }));
    };
    const foreign = [
      blue.connections.get(id),
      blue.connections.token(id),
      blue.connections.refresh(id),
      blue.connections.remove(id),
      blue.connections.list({ cursor: id }),
      blue.connections.use(id, session.id),
      t.admin.connections.use(id, session.id),
      run(blue),
      run(t.admin),
    ];
    expect(new Set(await codesOf(foreign))).toEqual(new Set(["CONNECTION_NOT_FOUND"]));
    expect((await red.connections.list()).data).toHaveLength(1);
  });

  /** A row with an id of a kind that the wall does not know must not slip in unseen. */
  test("every id in a path is of a kind that is kept apart, or is judged elsewhere", () => {
    const names = Object.values(apiRoutes).flatMap(({ path, access }) =>
      [...path.matchAll(/^\/v1\/([^/]+)\/:(\w+)/g)].map(([, noun, name]) => `${noun} ${name} ${access}`),
    );
    const nouns = new Set(names.map((name) => name.split(" ", 1)[0]));
    expect([...nouns].sort()).toEqual([
      "api-keys",
      "connections",
      "invitations",
      "people",
      "pools",
      "profiles",
      "sessions",
      "signins",
      "snapshots",
    ]);
  });
});

describe("nobody makes a key that is stronger than they are", () => {
  const tries: [string, Partial<CreateApiKey>][] = [
    ["more scopes", { scopes: ["sessions:write", "connections:token"] }],
    ["everything", { scopes: ["*"], project: null }],
    ["everything of a noun", { scopes: ["keys:*", "sessions:*", "connections:*"] }],
    ["the role admin", { role: "admin", project: null }],
    ["another project", { scopes: ["sessions:read"], project: "blue" }],
    ["every project", { scopes: ["sessions:read"], project: null }],
    ["a longer life", { scopes: ["sessions:read"], ttlSeconds: 7200 }],
  ];
  test("by any way of asking", async () => {
    const scopes: Grant[] = ["sessions:write", "keys:write"];
    const { bvm } = await keyOf({ scopes, project: "red", ttlSeconds: 3600 });
    for (const [what, request] of tries) {
      const code = await codeOf(keyOf(request, bvm));
      expect([what, code]).toEqual([what, "GRANT_TOO_STRONG"]);
    }
    const child = await keyOf({ scopes: ["sessions:read"] }, bvm);
    expect(child).toMatchObject({ project: "red" });
    expect(child.expiresAt).not.toBeNull();
  });

  test("nor comes by a way in that lasts longer than their key", async () => {
    const lasting = await keyOf({ scopes: ["sessions:read"] });
    const ending = await keyOf({ scopes: ["*"], project: null, ttlSeconds: 3600 });
    expect(await codeOf(ending.bvm.keys.rotate(lasting.id))).toBe("GRANT_TOO_STRONG");
    expect(await codeOf(lasting.bvm.me())).toBe("ok");
    expect(await codeOf(ending.bvm.createLoginToken())).toBe("GRANT_TOO_STRONG");
    const guest = { email: "a@b.example", role: "viewer" as const };
    expect(await codeOf(ending.bvm.invitations.create(guest))).toBe("GRANT_TOO_STRONG");
    const { id } = await ending.bvm.sessions.create({});
    const linkFor = (ttlSeconds: number) => codeOf(ending.bvm.sessions.createViewToken(id, { ttlSeconds }));
    expect([await linkFor(7200), await linkFor(600)]).toEqual(["GRANT_TOO_STRONG", "ok"]);
    expect(await codeOf(ending.bvm.keys.rotate(ending.id))).toBe("ok");
  });

  test("nor sees, rotates or revokes one", async () => {
    const strong = await keyOf({ role: "admin" });
    const other = await keyOf({ scopes: ["sessions:read"], project: "blue" });
    const { bvm, id } = await keyOf({ scopes: ["sessions:read", "keys:write"], project: "red" });
    expect((await bvm.keys.list()).map((key) => key.id)).toEqual([id]);
    for (const key of [strong, other]) {
      expect(await codeOf(bvm.keys.rotate(key.id))).toBe("KEY_NOT_FOUND");
      await bvm.keys.remove(key.id);
      expect(await codeOf(key.bvm.me())).toBe("ok");
    }
    const { bvm: people } = await keyOf({ scopes: ["people:write", "keys:write"], project: null });
    expect(await codeOf(people.keys.rotate(strong.id))).toBe("GRANT_TOO_STRONG");
    expect(await codeOf(people.keys.remove(strong.id))).toBe("GRANT_TOO_STRONG");
    expect(await codeOf(people.createLoginToken())).toBe("GRANT_TOO_STRONG");
    expect(await codeOf(people.invitations.create({ email: "a@b.example", role: "viewer" }))).toBe(
      "GRANT_TOO_STRONG",
    );
  });
});

describe("rotation", () => {
  test("lets the old secret work for the grace time, and tells of both", async () => {
    const before = await keyOf({ scopes: ["sessions:read"] });
    const { secret, ...key } = await t.admin.keys.rotate(before.id, { graceSeconds: 60 });
    expect(key).toMatchObject({ id: before.id, old: { prefix: before.prefix } });
    for (const bvm of [before.bvm, clientOf(secret)]) expect(await codeOf(bvm.sessions.list())).toBe("ok");
    const [listed] = await t.admin.keys.list();
    expect(listed?.old?.lastUsedAt).not.toBeNull();
    const { data } = await t.admin.audit.list();
    expect(data[0]).toMatchObject({
      action: "key.rotated",
      details: { key: key.id, old: before.prefix, fresh: key.prefix, oldUntil: key.old?.until },
    });
    await inDatabase({ old_until: PAST });
    expect(await codeOf(before.bvm.sessions.list())).toBe("UNAUTHENTICATED");
    expect(await codeOf(clientOf(secret).sessions.list())).toBe("ok");
    expect((await t.admin.keys.list())[0]?.old).toBeNull();
  });

  test("twice leaves one old secret, and without grace none; open views of it end at once", async () => {
    const session = await t.admin.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    const first = await keyOf({ scopes: ["sessions:write", "keys:write"] });
    const second = await t.admin.keys.rotate(first.id);
    const url = `${t.url.replace("http", "ws")}/v1/sessions/${session.id}/vnc`;
    const headers = { authorization: `Bearer ${second.secret}` };
    const ws = await opened(new WebSocket(url, { headers }));
    const end = closed(ws);
    const third = await t.admin.keys.rotate(first.id, { graceSeconds: 0 });
    expect([CLOSE_CODES.removed, CLOSE_CODES.credentialsExpired]).toContain((await end).code);
    for (const { secret } of [first, second])
      expect(await codeOf(clientOf(secret).me())).toBe("UNAUTHENTICATED");
    expect(await codeOf(clientOf(third.secret).me())).toBe("ok");
  });

  test("works by the key itself, of itself", async () => {
    const { bvm, id } = await keyOf({ scopes: ["sessions:read", "keys:write"] });
    const { secret } = await bvm.keys.rotate(id, { graceSeconds: 0 });
    expect(await codeOf(bvm.me())).toBe("UNAUTHENTICATED");
    expect(await codeOf(clientOf(secret).me())).toBe("ok");
  });
});

describe("the end of a key", () => {
  test("comes at its time", async () => {
    const { bvm, expiresAt } = await keyOf({ ttlSeconds: 60 });
    expect(Date.parse(expiresAt ?? "") - Date.now()).toBeGreaterThan(50_000);
    expect(await codeOf(bvm.me())).toBe("ok");
    await inDatabase({ expires_at: PAST });
    expect(await codeOf(bvm.me())).toBe("UNAUTHENTICATED");
  });

  test("ends an open WebSocket and an open event stream in that moment", async () => {
    const session = await t.admin.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    const { secret, bvm } = await keyOf({ ttlSeconds: 60 });
    await inDatabase({ expires_at: new Date(Date.now() + 3000).toISOString() });
    const url = `${t.url.replace("http", "ws")}/v1/sessions/${session.id}/streams/ssh`;
    const headers = { authorization: `Bearer ${secret}` };
    const ws = await opened(new WebSocket(url, { headers }));
    const stream = await t.fetch("GET", "/v1/events", { headers });
    expect(stream.status).toBe(200);
    const [end] = await Promise.all([closed(ws), stream.text()]);
    expect(end).toEqual({ code: CLOSE_CODES.credentialsExpired, reason: "UNAUTHENTICATED" });
    expect(await codeOf(bvm.me())).toBe("UNAUTHENTICATED");
  });

  test("ends a command and a log that go on", async () => {
    const session = await t.admin.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    const { secret, id } = await keyOf({});
    const headers = { authorization: `Bearer ${secret}` };
    const at = `/v1/sessions/${session.id}`;
    const streams = await Promise.all([
      t.fetch("POST", `${at}/exec`, { headers, body: { command: ["forever"] } }),
      t.fetch("GET", `${at}/logs?follow=true`, { headers }),
    ]);
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    const ends = Promise.allSettled(streams.map((stream) => stream.text()));
    await t.admin.keys.remove(id);
    expect((await ends).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  test("ends a shell when it is revoked, not at the next look", async () => {
    const session = await t.admin.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    const { secret, id } = await keyOf({});
    const url = `${t.url.replace("http", "ws")}/v1/sessions/${session.id}/streams/ssh`;
    const ws = await opened(new WebSocket(url, { headers: { authorization: `Bearer ${secret}` } }));
    const end = closed(ws);
    const at = Date.now();
    await t.admin.keys.remove(id);
    expect((await end).code).toBe(CLOSE_CODES.credentialsExpired);
    expect(Date.now() - at).toBeLessThan(5000);
  });
});
