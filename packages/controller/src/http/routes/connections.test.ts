import { readFileSync } from "node:fs";
import { paths } from "@browservm/contract";
import type { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestController } from "../../testing/test-controller.ts";
import { TestProvider } from "../../testing/test-provider.ts";
import { filesRequest, oauthRequest } from "../../testing/vault-fixture.ts";

let t: TestController;
let provider: TestProvider;
let bvm: BrowserVM;
beforeEach(async () => {
  provider = await TestProvider.start();
  t = await TestController.start();
  bvm = await t.user();
});
afterEach(async () => {
  await t[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("connections", () => {
  test("are made, listed a page at a time, and deleted; never with a secret", async () => {
    const made = [];
    for (let i = 0; i < 3; i += 1) made.push(await bvm.connections.create(filesRequest(`planted ${i}`)));
    const first = await bvm.connections.list({ limit: 2 });
    const second = await bvm.connections.list({ limit: 2, cursor: first.nextCursor ?? "" });
    expect([...first.data, ...second.data].map(({ id }) => id).sort()).toEqual(
      made.map(({ id }) => id).sort(),
    );
    expect(second.nextCursor).toBeNull();
    expect(await bvm.connections.get(made[0]?.id ?? "")).toMatchObject({ kind: "files", health: "ok" });
    await bvm.connections.remove(made[0]?.id ?? "");
    await expect(bvm.connections.get(made[0]?.id ?? "")).rejects.toMatchObject({
      code: "CONNECTION_NOT_FOUND",
    });
    expect((await bvm.connections.list({ provider: "other" })).data).toEqual([]);
  });

  test("yield a token that nobody may keep, to whom may have it", async () => {
    const { id } = await bvm.connections.create(await oauthRequest(provider));
    expect(await provider.knows((await bvm.connections.token(id)).accessToken)).toBe(true);
    const { secret } = await t.admin.createApiKey({ name: "reader" });
    const reply = await t.fetch("POST", `/v1/connections/${id}/token`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect([reply.status, reply.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect((await t.fetch("POST", `/v1/connections/${id}/token`)).status).toBe(401);
    const session = await bvm.sessions.create({ image: "tiny" });
    const { token } = await bvm.sessions.createViewToken(session.id);
    const viewer = { headers: { authorization: `Bearer ${token}` } };
    expect((await t.fetch("POST", `/v1/connections/${id}/token`, viewer)).status).toBe(403);
    expect((await t.fetch("GET", "/v1/connections", viewer)).status).toBe(403);
  });

  test.each([
    ["no issuer", { client: { clientId: "x" } }],
    ["plain http", { client: { clientId: "x", issuer: "http://example.org" } }],
    ["a password in the address", { client: { clientId: "x", issuer: "https://a:b@example.org" } }],
    ["a token with a line end", { tokens: { accessToken: "a\nb" } }],
    ["a token that is too long", { tokens: { accessToken: "a".repeat(20_000) } }],
    ["an unknown key", { other: "planted" }],
  ])("with %s are refused", async (_, spoilt) => {
    const request = { ...(await oauthRequest(provider)), ...spoilt };
    await expect(bvm.connections.create(request as never)).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test.each(["../a", "/etc/a", "a/../b", "a//b", "./a", ".", "a/", "a\0b", "a b", ""])(
    "with a file at %j are refused",
    async (path) => {
      const files = [{ path, data: "YQ==" }];
      await expect(bvm.connections.create({ kind: "files", provider: "tool", files })).rejects.toMatchObject({
        code: "BAD_REQUEST",
      });
    },
  );
});

describe("in a session", () => {
  test("files are put into the home, and tokens into one command's environment", async () => {
    const session = await bvm.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    const files = await bvm.connections.create(filesRequest("planted in a file"));
    expect(await bvm.connections.use(files.id, session.id)).toEqual([".tool/auth.json"]);
    expect(t.host.secrets).toMatchObject([{ path: ".tool/auth.json", mode: 0o600 }]);
    const { id } = await bvm.connections.create(await oauthRequest(provider));
    await all(
      bvm.sessions.exec(session.id, { command: ["tool"], env: { A: "b" }, connections: { TOOL_TOKEN: id } }),
    );
    const [env] = t.host.environments;
    expect(Object.keys(env ?? {}).sort()).toEqual(["A", "TOOL_TOKEN"]);
    expect(await provider.knows(env?.TOOL_TOKEN ?? "")).toBe(true);
    await expect(bvm.connections.use(id, session.id)).rejects.toMatchObject({
      code: "CONNECTION_UNSUITABLE",
    });
    const { data } = await t.admin.audit.list({ connection: files.id });
    expect(data.map(({ action, sessionId }) => [action, sessionId])).toEqual([
      ["connection.injected", session.id],
      ["connection.created", null],
    ]);
  });

  test("cookies and storage are given to the browser, and the audit log counts them", async () => {
    const session = await bvm.sessions.create({ image: "browser" });
    await session.waitFor("ready");
    const cookie = { name: "sid", value: "planted in a cookie", domain: "app.example", path: "/" };
    const cookies = [{ ...cookie, secure: true, httpOnly: true }];
    const storage = [{ origin: "https://app.example", localStorage: { token: "planted" } }];
    const { id } = await bvm.connections.create({ kind: "cookies", provider: "app", cookies, storage });
    expect(await bvm.connections.bring(id, session.id)).toEqual({
      connectionId: id,
      paths: [],
      browser: { cookies: 1, origins: 1, refusedCookies: 0 },
    });
    expect(t.host.browserStates).toEqual([{ cookies, storage }]);
    const [entry] = (await t.admin.audit.list({ connection: id })).data;
    expect(entry).toMatchObject({ action: "connection.injected", details: { cookies: 1, origins: 1 } });
    expect(JSON.stringify(entry)).not.toContain("planted");
  });

  test("nothing is opened for one that is not ready, and no loader is steered", async () => {
    t.host.isEager = false;
    const session = await bvm.sessions.create({ image: "tiny" });
    const { id } = await bvm.connections.create(filesRequest());
    await expect(bvm.connections.use(id, session.id)).rejects.toMatchObject({ code: "SESSION_NOT_READY" });
    const connections = { LD_PRELOAD: id };
    const running = all(bvm.sessions.exec(session.id, { command: ["true"], connections } as never));
    await expect(running).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect((await t.admin.audit.list()).data.map(({ action }) => action)).toEqual([
      "connection.created",
      "key.created",
      "vault.key_made",
    ]);
  });
});

describe("the vault and the audit log", () => {
  test("are for admins; the log is exported and checked", async () => {
    const admin = await t.user("admin");
    const { id } = await bvm.connections.create(filesRequest());
    await bvm.connections.remove(id);
    expect(await admin.vault.rotate()).toMatchObject({ state: "open", keyVersion: 2 });
    const entries = await all(admin.audit.export());
    expect(entries.map(({ action, actor }) => [action, actor.kind])).toEqual([
      ["vault.key_made", "system"],
      ["key.created", "socket"],
      ["key.created", "socket"],
      ["connection.created", "key"],
      ["connection.deleted", "key"],
      ["vault.rotation_started", "key"],
      ["audit.exported", "key"],
    ]);
    expect(await admin.audit.verify()).toMatchObject({
      ok: true,
      entries: 7,
      headHash: entries.at(-1)?.hash,
    });
    for (const work of [bvm.vault.status(), bvm.vault.rotate(), bvm.audit.list(), bvm.audit.verify()])
      await expect(work).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("a vault that is shut stops nothing else", async () => {
    const { id } = await bvm.connections.create(await oauthRequest(provider));
    await t.restartController({ vault: { ...t.config.vault, keyFrom: "env" } });
    expect(await t.admin.vault.status()).toMatchObject({ state: "locked", keyFrom: "env" });
    await expect(t.admin.connections.token(id)).rejects.toMatchObject({ code: "VAULT_LOCKED" });
    const session = await t.admin.sessions.create({ image: "tiny" });
    await session.waitFor("ready");
    await session.end();
  });
});

test("no planted secret is in anything that is written or told, but where it was asked for", async () => {
  const planted = [
    "planted-client-secret",
    "planted-file",
    "planted-cookie",
    "planted-storage",
    "planted-unknown",
  ];
  const admin = await t.user("admin");
  const told: unknown[] = [];
  const tell = async (work: Promise<unknown>) =>
    void told.push(
      await work.catch((error: { toProblem?: () => unknown }) => error.toProblem?.() ?? String(error)),
    );
  const request = await oauthRequest(provider);
  if (request.kind !== "oauth") throw new Error("of another kind");
  planted.push(request.tokens.accessToken, request.tokens.refreshToken ?? "", provider.client.clientSecret);
  const oauth = await bvm.connections.create(request);
  const files = await bvm.connections.create(filesRequest("planted-file"));
  planted.push(Buffer.from("planted-file").toString("base64").slice(0, -2));
  const origin = "https://example.org";
  const cookie = { name: "sid", value: "planted-cookie", domain: "example.org" };
  const storage = [{ origin, localStorage: { a: "planted-storage" } }];
  const cookies = await bvm.connections.create({
    kind: "cookies",
    provider: "site",
    cookies: [cookie],
    storage,
  });
  told.push(oauth, files, cookies);

  // What is wrong with it, in every way that answers and logs.
  await tell(bvm.connections.create({ ...request, other: "planted-unknown" } as never));
  await tell(bvm.connections.create({ ...request, kind: "planted-unknown" } as never));
  await tell(bvm.connections.create({ ...request, tokens: "planted-unknown" } as never));
  const headers = { authorization: `Bearer ${(await t.admin.createApiKey({ name: "x" })).secret}` };
  const cutOff = await t.fetch("POST", "/v1/connections", { body: '{"a":"planted-unknown', headers });
  told.push(await cutOff.text());

  // Tokens come and go, the provider misbehaves and repeats what it was sent.
  planted.push((await bvm.connections.token(oauth.id)).accessToken);
  const echo = (body: string) => JSON.stringify({ error: "planted-unknown", error_description: body });
  provider.misbehave = async (response, incoming) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    response
      .writeHead(400, { "content-type": "application/json" })
      .end(echo(Buffer.concat(chunks).toString()));
    return true;
  };
  await tell(bvm.connections.refresh(oauth.id));
  provider.misbehave = (response) => {
    response.writeHead(500, { "content-type": "text/plain" }).end("planted-unknown");
    return true;
  };
  await tell(bvm.connections.refresh(oauth.id));
  provider.misbehave = undefined;
  await bvm.connections.refresh(oauth.id);
  planted.push((await bvm.connections.token(oauth.id)).accessToken);

  const session = await bvm.sessions.create({ image: "tiny" });
  await session.waitFor("ready");
  await bvm.connections.use(files.id, session.id);
  await all(bvm.sessions.exec(session.id, { command: ["x"], connections: { T: oauth.id } }));
  await tell(bvm.connections.use(cookies.id, session.id));
  await t.host.stop();
  await tell(bvm.connections.use(files.id, session.id));
  await t.host.start();
  await admin.vault.rotate();
  // A second connection of this process to the database waits for no transaction of the first: let it end.
  await expect.poll(() => readFileSync(paths(t.config).vaultKey, "utf8")).toMatch(/^2:\S+\n$/);
  expect(await admin.vault.status()).toMatchObject({ state: "open", waiting: 0 });
  // An altered row fails loudly.
  const spoil = { secret: Buffer.from("planted nothing") };
  await t.withStore((store) =>
    store.updateTable("connection").set(spoil).where("id", "=", cookies.id).execute(),
  );
  const events = await t.withStore((store) => store.selectFrom("event").selectAll().execute());
  told.push(await admin.metrics(), await all(admin.audit.export()), await bvm.connections.list(), events);

  const keyText = readFileSync(paths(t.config).vaultKey, "utf8");
  planted.push(...(keyText.match(/[A-Za-z0-9+/]{43}=/g) ?? []));
  const written = `${t.logged}\n${JSON.stringify(told)}\n${t.databaseBytes().toString("latin1")}`;
  expect(planted.filter((secret) => secret === "" || written.includes(secret))).toEqual([]);
  // The search itself finds what is there.
  expect(written).toContain(oauth.id);
  expect(t.logged).toContain("connections");
});
