import type { BrowserVM, SessionHandle } from "@browservm/sdk";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { TestController } from "../../testing/test-controller.ts";

let t: TestController;
let bvm: BrowserVM;
beforeEach(async () => {
  t = await TestController.start();
  bvm = await t.user();
});
afterEach(() => t[Symbol.asyncDispose]());

const KEY = Buffer.from([4, 1, 0, 0, 0, 0, 0, 0x61]);
const HELLO = Buffer.concat([Buffer.from("RFB 003.008\n"), Buffer.from([1, 1])]);
const UPDATE = Buffer.from([3, 1, 0, 0, 0, 0, 5, 0, 2, 208]);

async function readySession(request: Parameters<BrowserVM["sessions"]["create"]>[0]): Promise<SessionHandle> {
  const session = await bvm.sessions.create({ image: "tiny", ...request });
  await session.waitFor("ready");
  return session;
}

/** The session's events of that type so far. */
async function told(session: SessionHandle, type: string): Promise<Record<string, unknown>[]> {
  const events = await t.withStore((store) =>
    store
      .selectFrom("event")
      .selectAll()
      .where("subject", "=", session.id)
      .where("type", "=", type)
      .execute(),
  );
  return events.map(({ data_json }) => JSON.parse(data_json));
}

/** Reads a command's output to its end. */
async function drained(output: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of output);
}

const status = async (session: SessionHandle) => (await session.refresh()).status;
const until = (isTrue: () => unknown) => expect.poll(isTrue, { timeout: 9000, interval: 50 });

/** As if something had last been done so long ago. */
async function becomeIdle({ id }: SessionHandle, seconds: number): Promise<void> {
  const active_at = new Date(Date.now() - seconds * 1000).toISOString();
  await t.withStore((store) =>
    store.updateTable("session").set({ active_at }).where("id", "=", id).execute(),
  );
}

describe("time-outs", () => {
  test("an idle session is warned, then paused; resumed, it is warned and paused again", async () => {
    const session = await readySession({ idleSeconds: 2 });
    await until(() => status(session)).toBe("paused");
    expect(await told(session, "session.warning")).toMatchObject([{ timeout: "idle", action: "pause" }]);
    await session.resume();
    await session.waitFor("ready");
    await until(() => status(session)).toBe("paused");
    expect(await told(session, "session.warning")).toHaveLength(2);
  }, 20_000);

  test("or ended, if that is wished, and says why", async () => {
    const session = await readySession({ idleSeconds: 1, onIdle: "end" });
    await until(() => status(session)).toBe("ended");
    const ending = (await told(session, "session.state")).find(({ to }) => to === "ending");
    expect(ending).toMatchObject({ cause: "expired", timeout: "idle" });
    expect(t.host.vms.size).toBe(0);
  });

  test("the absolute time ends a session that is used, and a paused one", async () => {
    const [used, paused] = [await readySession({ maxSeconds: 30 }), await readySession({ maxSeconds: 30 })];
    expect(used.data.timeouts.absoluteAt).not.toBeNull();
    await paused.pause();
    const absolute_at = new Date(Date.now() + 1000).toISOString();
    await t.withStore((store) => store.updateTable("session").set({ absolute_at }).execute());
    for (const session of [used, paused]) await until(() => status(session)).toBe("ended");
    for (const session of [used, paused]) {
      expect(await told(session, "session.warning")).toMatchObject([{ timeout: "absolute", action: "end" }]);
    }
  }, 20_000);

  test("the limits of the configuration hold for who says nothing", async () => {
    await t.restartController({
      limits: {
        ...t.config.limits,
        idleSeconds: 900,
        onIdle: "end",
        sessionMaxSeconds: 1800,
        sessionTtlSeconds: 3600,
      },
    });
    const { data } = await (await t.user()).sessions.create({ image: "tiny" });
    expect(data.timeouts).toMatchObject({ onIdle: "end", absoluteAt: expect.any(String) });
    expect(data.expiresAt).toBe(data.timeouts.absoluteAt);
  });

  test("where nothing can be paused an idle session is left alone, and that is told once", async () => {
    t.host.machine.canFreeze = false;
    const session = await readySession({ idleSeconds: 1 });
    await until(async () => (await told(session, "session.warning")).at(-1)).toMatchObject({
      timeout: "idle",
      action: "none",
      reason: { code: "SNAPSHOT_UNSUPPORTED" },
    });
    const { length } = await told(session, "session.warning");
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await told(session, "session.warning")).toHaveLength(length);
    expect(await session.refresh()).toMatchObject({ status: "ready", timeouts: { idleAt: null } });
  }, 15_000);

  test("that a session cannot be paused, and that this cannot be written down, ends nothing", async () => {
    t.host.machine.canFreeze = false;
    await t.withStore((store) =>
      sql`
        create trigger refuse before update of idle_seconds on session when new.idle_seconds <> old.idle_seconds
        begin select raise(abort, 'the disk is full'); end
      `.execute(store),
    );
    const session = await readySession({ idleSeconds: 1 });
    await until(() => t.logged).toContain("could not be told");
    expect(t.logged).toMatch(/"code":"INTERNAL","message":"the disk is full"/);
    expect(await status(session)).toBe("ready");
  });

  test("they are kept over a restart of the controller", async () => {
    const session = await readySession({ idleSeconds: 600 });
    await becomeIdle(session, 601);
    const before = await session.refresh();
    await t.restartController();
    await until(async () => (await t.admin.sessions.get(session.id)).status).toBe("paused");
    expect(before.timeouts.idleAt).not.toBeNull();
  }, 15_000);
});

describe("what keeps a session from being idle", () => {
  const idleAt = async (session: SessionHandle) => (await session.refresh()).timeouts.idleAt ?? "";

  test.each<[string, (session: SessionHandle) => Promise<unknown>]>([
    ["opening a page", (session) => session.navigate("about:blank")],
    ["a command", (session) => drained(session.exec({ command: ["true"] }))],
    ["extending it", (session) => session.extend(600)],
    ["extending it by what it has", (session) => session.extend()],
    ["a key of a viewer", async (session) => view(session, KEY)],
    ["bytes to its shell", async (session) => stream(session, "ssh")],
  ])("%s does", async (_, act) => {
    const session = await readySession({ idleSeconds: 600 });
    await becomeIdle(session, 300);
    const before = await idleAt(session);
    await act(session);
    await until(async () => (await idleAt(session)) > before).toBe(true);
  });

  test.each<[string, (session: SessionHandle) => Promise<unknown>]>([
    ["a heartbeat", (session) => bvm.sessions.heartbeat(session.id)],
    ["a look at it", (session) => session.refresh()],
    ["a picture of it", (session) => session.screenshot()],
    ["a viewer that only looks", async (session) => view(session, UPDATE)],
  ])("%s does not", async (_, act) => {
    const session = await readySession({ idleSeconds: 600 });
    await becomeIdle(session, 300);
    const before = await idleAt(session);
    await act(session);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await idleAt(session)).toBe(before);
  });

  async function view(session: SessionHandle, message: Buffer): Promise<void> {
    const { token } = await session.createViewToken({ role: "control" });
    await say(`/v1/sessions/${session.id}/vnc?token=${token}`, Buffer.concat([HELLO, message]), {});
  }

  async function stream(session: SessionHandle, service: "ssh"): Promise<void> {
    const { secret } = await t.admin.createApiKey({ name: "k" });
    const path = bvm.sessions.streamPath(session.id, service);
    await say(path, Buffer.from("ls\n"), { authorization: `Bearer ${secret}` });
  }

  /** Says something and waits for the guest's echo. */
  async function say(path: string, bytes: Buffer, headers: Record<string, string>): Promise<void> {
    const ws = new WebSocket(t.url.replace("http", "ws") + path, { headers });
    await new Promise((resolve, reject) => {
      ws.once("open", () => ws.send(bytes));
      ws.once("message", resolve);
      ws.once("error", reject);
    });
    ws.close();
  }
});
