import type { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TestController } from "../../testing/test-controller.ts";

let t: TestController;
let bvm: BrowserVM;
beforeEach(async () => {
  t = await TestController.start({ limits: { sessions: 3 } });
  bvm = await t.user();
});
afterEach(() => t[Symbol.asyncDispose]());

async function problem(reply: Response): Promise<Record<string, unknown>> {
  const body = (await reply.json()) as Record<string, unknown>;
  return { status: reply.status, type: reply.headers.get("content-type"), ...body };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("a session", () => {
  test("becomes ready, shows its VM and its proof, and ends", async () => {
    const session = await bvm.sessions.create({ image: "tiny", labels: { team: "a" } });
    expect(session.data).toMatchObject({ image: "tiny", labels: { team: "a" }, reason: null });
    const ready = await session.waitFor("ready");
    expect(ready.vm).toMatchObject({ state: "ready", gate: "pass", accelerator: "none" });
    expect(ready.liveViewUrl).toBe(`${t.url}/sessions/${session.id}`);
    expect((await bvm.sessions.network(session.id)).gate?.verdict).toBe("pass");
    expect((await session.end()).status).toBe("ended");
    expect(t.host.vms.size).toBe(0);
  });

  test("ends with its block, and twice is fine", async () => {
    let id = "";
    {
      await using session = await bvm.sessions.create();
      id = session.id;
    }
    const first = await bvm.sessions.get(id);
    const again = await bvm.sessions.end(id);
    expect([first.status, again.status]).toEqual(["ended", "ended"]);
    expect(again.endedAt).toBe(first.endedAt);
  });

  test("two that end it at the same time both hear that it ended", async () => {
    const { id } = await bvm.sessions.create();
    const both = await Promise.all([bvm.sessions.end(id), bvm.sessions.end(id)]);
    expect(both.map(({ status }) => status)).toEqual(["ended", "ended"]);
  });

  test("opens the page that it was made for before it is ready", async () => {
    const session = await bvm.sessions.create({ url: "https://example.org/" });
    await session.waitFor("ready");
    expect(t.host.navigated).toEqual(["https://example.org/"]);
    await session.navigate("about:blank");
    expect(t.host.navigated).toEqual(["https://example.org/", "about:blank"]);
  });

  test("is not put back by hostd's answer when an event was faster", async () => {
    t.host.answerMs = 300;
    const { data } = await bvm.sessions.create({ image: "tiny" });
    expect(data).toMatchObject({ status: "ready", vm: { state: "ready" } });
  });

  test("says why it failed", async () => {
    t.host.isEager = false;
    const session = await bvm.sessions.create();
    const [vm] = t.host.vms.keys();
    t.host.tell(vm ?? "", "failed", { code: "GATE_PATH_UNREACHABLE", message: "no ARP", fix: "look" });
    await expect(session.waitFor("ready")).rejects.toMatchObject({
      code: "SESSION_NOT_READY",
      details: { reason: { code: "GATE_PATH_UNREACHABLE" } },
    });
    expect((await bvm.sessions.get(session.id)).status).toBe("failed");
  });

  test("is listed newest first, page by page, and by status", async () => {
    const made: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      made.unshift((await bvm.sessions.create()).id);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await bvm.sessions.end(made[1] ?? "");
    const first = await bvm.sessions.list({ limit: 2 });
    const rest = await bvm.sessions.list({ limit: 2, cursor: first.nextCursor ?? "" });
    expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual(made);
    expect(rest.nextCursor).toBeNull();
    expect((await bvm.sessions.list({ status: "ended" })).data.map(({ id }) => id)).toEqual([made[1]]);
  });

  test("lives longer by heartbeat and extension, and not after its end", async () => {
    const session = await bvm.sessions.create({ ttlSeconds: 60 });
    const extended = Date.parse((await session.extend(600)).expiresAt ?? "");
    expect(extended - Date.now()).toBeGreaterThan(590_000);
    const { expiresAt } = await bvm.sessions.heartbeat(session.id);
    expect(Date.parse(expiresAt ?? "")).toBeGreaterThanOrEqual(extended);
    await session.extend(60);
    const anew = Date.parse((await session.extend()).expiresAt ?? "");
    expect(anew - Date.now()).toBeGreaterThan(50_000);
    expect(anew - Date.now()).toBeLessThanOrEqual(60_000);
    await session.end();
    await expect(session.extend(600)).rejects.toMatchObject({ code: "SESSION_NOT_READY" });
  });

  test("runs commands, gives logs and a picture while it is ready, and says so when it is not", async () => {
    const session = await bvm.sessions.create();
    await session.waitFor("ready");
    const said = await all(session.exec({ command: ["echo", "hi"] }));
    expect(said).toEqual([
      { type: "output", stream: "stdout", data: Uint8Array.from(Buffer.from("echo hi")) },
      { type: "exit", code: 0, signal: null, truncated: false },
    ]);
    expect(await all(session.logs())).toEqual([{ source: "agent", line: "hello" }]);
    expect([...(await session.screenshot()).subarray(1, 4)]).toEqual([..."PNG"].map((c) => c.charCodeAt(0)));
    await session.end();
    await expect(session.screenshot()).rejects.toMatchObject({ code: "SESSION_NOT_READY", status: 409 });
    await expect(all(session.logs())).rejects.toMatchObject({ code: "SESSION_NOT_READY" });
  });
});

describe("Idempotency-Key", () => {
  test("the same request makes one session, one after the other and at the same time", async () => {
    t.host.createMs = 30;
    const make = () => bvm.sessions.create({ image: "tiny" }, { idempotencyKey: "k1" });
    const [a, b] = await Promise.all([make(), make()]);
    const c = await make();
    expect(new Set([a.id, b.id, c.id]).size).toBe(1);
    expect(t.host.created).toHaveLength(1);
  });

  test("another request with the same key is refused; another caller's key is another key", async () => {
    const first = await bvm.sessions.create({ image: "tiny" }, { idempotencyKey: "k1" });
    await expect(bvm.sessions.create({ image: "browser" }, { idempotencyKey: "k1" })).rejects.toMatchObject({
      code: "IDEMPOTENCY_CONFLICT",
    });
    const other = await (await t.user()).sessions.create({ image: "browser" }, { idempotencyKey: "k1" });
    expect(other.id).not.toBe(first.id);
  });

  test("what hostd refused leaves nothing, and its key may be used again", async () => {
    t.host.refuseCreate = "IMAGE_NOT_FOUND";
    const both = await Promise.allSettled([
      bvm.sessions.create({ image: "nope" }, { idempotencyKey: "k2" }),
      bvm.sessions.create({ image: "nope" }, { idempotencyKey: "k2" }),
    ]);
    for (const one of both)
      expect(one).toMatchObject({ status: "rejected", reason: { code: "IMAGE_NOT_FOUND" } });
    expect((await bvm.sessions.list()).data).toEqual([]);
    t.host.refuseCreate = undefined;
    await bvm.sessions.create({ image: "tiny" }, { idempotencyKey: "k2" });
  });

  test("a key that is no key is refused", async () => {
    await expect(bvm.sessions.create({}, { idempotencyKey: "a b" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });
});

describe("bad input", () => {
  test("the limit of sessions holds, also for many at the same time", async () => {
    const many = await Promise.allSettled([1, 2, 3, 4, 5].map(() => bvm.sessions.create()));
    expect(many.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    await expect(bvm.sessions.create()).rejects.toMatchObject({ code: "SESSION_LIMIT", status: 429 });
  });

  test.each([
    ["an unknown key", { imagee: "tiny" }, "body"],
    ["a scheme that is not for pages", { url: "file:///etc/passwd" }, "body.url"],
    ["a script", { url: "javascript:alert(1)" }, "body.url"],
    ["no address at all", { url: "not an address" }, "body.url"],
    ["an image name with a path", { image: "../etc" }, "body.image"],
    ["a viewport that is too large", { viewport: [99_999, 1] }, "body.viewport.0"],
    ["a time to live of nothing", { ttlSeconds: 0 }, "body.ttlSeconds"],
    ["a variable that is no name", { environment: { "A B": "x" } }, "body.environment.A B"],
    ["a list", [], "body"],
  ])("a session with %s is refused by the path of what is wrong", async (_, body, path) => {
    const { secret } = await t.admin.createApiKey({ name: "k" });
    const reply = await t.fetch("POST", "/v1/sessions", {
      body,
      headers: { authorization: `Bearer ${secret}` },
    });
    const told = await problem(reply);
    expect(told).toMatchObject({ status: 400, code: "BAD_REQUEST", fix: expect.any(String) });
    expect(told.type).toMatch(/^application\/problem\+json/);
    expect((told.details as { issues: { path: string }[] }).issues.map((issue) => issue.path)).toContain(
      path,
    );
    expect(t.host.created).toEqual([]);
  });

  test("broken JSON, forms and large bodies are refused before anything happens", async () => {
    const { secret } = await t.admin.createApiKey({ name: "k" });
    const send = async (body: string, type = "application/json") => {
      const headers = { authorization: `Bearer ${secret}`, "content-type": type };
      return problem(await fetch(`${t.url}/v1/sessions`, { method: "POST", headers, body }));
    };
    expect(await send("{")).toMatchObject({ status: 400, code: "BAD_REQUEST" });
    expect(await send("image=tiny", "application/x-www-form-urlencoded")).toMatchObject({
      code: "BAD_REQUEST",
    });
    expect(await send("{}", "text/plain")).toMatchObject({ code: "BAD_REQUEST" });
    expect(await send(`{"url":"${"x".repeat(1_100_000)}"}`)).toMatchObject({
      status: 413,
      code: "BODY_TOO_LARGE",
      details: { limitBytes: 1_048_576 },
    });
    expect(t.host.created).toEqual([]);
  });

  test("ids that are none, ids of nothing, cursors and queries that are wrong, routes that do not exist", async () => {
    await expect(bvm.sessions.get("ses_1")).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(bvm.sessions.get("../../etc/passwd")).rejects.toMatchObject({ code: "BAD_REQUEST" });
    for (const name of ["get", "end", "screenshot", "network", "heartbeat"] as const) {
      await expect(bvm.sessions[name](`ses_${"a".repeat(20)}`)).rejects.toMatchObject({
        code: "SESSION_NOT_FOUND",
        status: 404,
      });
    }
    await expect(bvm.sessions.list({ cursor: "garbage" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(bvm.sessions.list({ limit: 0 })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await problem(await t.fetch("GET", "/v1/nothing"))).toMatchObject({
      status: 404,
      code: "NOT_FOUND",
    });
    expect(await problem(await t.fetch("GET", "/v1/sessions/%ZZ"))).toMatchObject({ code: "BAD_REQUEST" });
  });
});

describe("hostd is away", () => {
  test("sessions are still listed, new ones are refused with a way out, and leave nothing", async () => {
    const session = await bvm.sessions.create();
    await session.waitFor("ready");
    await t.host.stop();
    expect((await bvm.sessions.list()).data.map(({ status }) => status)).toEqual(["ready"]);
    await expect(bvm.sessions.create()).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
      status: 503,
      fix: expect.stringContaining("browservm up"),
    });
    await expect(session.screenshot()).rejects.toMatchObject({ code: "HOST_UNREACHABLE" });
    await expect(bvm.ready()).rejects.toMatchObject({ code: "HOST_UNREACHABLE" });
    await expect(bvm.host()).rejects.toMatchObject({ code: "HOST_UNREACHABLE" });
    expect((await bvm.sessions.list()).data).toHaveLength(1);
  });

  test("a session that was ended meanwhile ends when hostd is back", async () => {
    const session = await bvm.sessions.create();
    await session.waitFor("ready");
    await t.host.stop();
    await expect(session.end()).rejects.toMatchObject({ code: "HOST_UNREACHABLE" });
    expect((await session.refresh()).status).toBe("ending");
    await t.host.start();
    await session.waitFor("ended", { timeoutMs: 9000 });
    expect(t.host.vms.size).toBe(0);
  }, 15_000);
});
