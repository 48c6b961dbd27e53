import { CLOSE_CODES } from "@browservm/contract";
import type { BrowserVM, SessionHandle } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { TestController } from "../testing/test-controller.ts";

let t: TestController;
let bvm: BrowserVM;
beforeEach(async () => {
  t = await TestController.start({ limits: { sessions: 3 } });
  bvm = await t.user();
});
afterEach(() => t[Symbol.asyncDispose]());

async function readySession(
  request: Parameters<BrowserVM["sessions"]["create"]>[0] = {},
): Promise<SessionHandle> {
  const session = await bvm.sessions.create({ image: "tiny", ...request });
  await session.waitFor("ready");
  return session;
}

async function pausedSession(): Promise<SessionHandle> {
  const session = await readySession();
  await session.pause();
  return session;
}

const vmOf = ({ data }: SessionHandle) => data.vm?.id ?? "";
const until = (isTrue: () => unknown) => expect.poll(isTrue, { timeout: 9000, interval: 20 });

describe("pausing", () => {
  test("answers when the session is paused, and shows what it takes on disk", async () => {
    const session = await readySession();
    expect(await session.pause()).toMatchObject({
      status: "paused",
      vm: { state: "paused", paused: { sizeMib: 64, compressed: false } },
      timeouts: { offlineAt: null, idleAt: null },
      expiresAt: null,
    });
  });

  test("twice is fine, also at the same time, and hostd is asked once", async () => {
    t.host.freezer.pauseMs = 100;
    const session = await readySession();
    const both = await Promise.all([bvm.sessions.pause(session.id), bvm.sessions.pause(session.id)]);
    expect(both.map(({ status }) => status)).toEqual(["paused", "paused"]);
    expect((await session.pause()).status).toBe("paused");
    const pauses = t.host.events.filter(({ type, data }) => type === "vm.state" && data.to === "pausing");
    expect(pauses).toHaveLength(1);
  });

  test("ends while it is paused, and while it is being paused", async () => {
    const paused = await pausedSession();
    expect((await paused.end()).status).toBe("ended");
    t.host.freezer.pauseMs = 400;
    const pausing = await readySession();
    const pause = bvm.sessions.pause(pausing.id);
    const refused = expect(pause).rejects.toMatchObject({ code: "SESSION_NOT_READY" });
    await until(async () => (await pausing.refresh()).vm?.state).toBe("pausing");
    expect((await pausing.end()).status).toBe("ended");
    await refused;
    expect((await pausing.refresh()).status).toBe("ended");
    expect(t.host.vms.size).toBe(0);
  });

  test("that fails leaves the session as it was", async () => {
    t.host.freezer.refusePause = "DISK_FULL";
    const session = await readySession();
    await expect(session.pause()).rejects.toMatchObject({ code: "DISK_FULL" });
    await session.waitFor("ready");
    await session.navigate("about:blank");
  });

  test("is refused where nothing can be frozen, and of a session that is not ready", async () => {
    t.host.machine.canFreeze = false;
    const session = await readySession();
    await expect(session.pause()).rejects.toMatchObject({ code: "SNAPSHOT_UNSUPPORTED" });
    t.host.isEager = false;
    const pending = await bvm.sessions.create({ image: "tiny" });
    await expect(pending.pause()).rejects.toMatchObject({ code: "SESSION_NOT_READY" });
    await session.end();
    await expect(session.pause()).rejects.toMatchObject({ code: "SESSION_NOT_READY" });
    await expect(bvm.sessions.pause(`ses_${"a".repeat(20)}`)).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
  });

  test("nothing can be done in a paused session, and the way out is to resume it", async () => {
    const session = await pausedSession();
    const commands = session.exec({ command: ["true"] });
    for (const refused of [
      () => session.navigate("about:blank"),
      () => session.screenshot(),
      () => bvm.sessions.resize(session.id, { width: 800, height: 600 }),
      () => commands.next(),
    ]) {
      await expect(refused()).rejects.toMatchObject({
        code: "SESSION_NOT_READY",
        fix: expect.stringContaining("browservm resume"),
        details: { status: "paused" },
      });
    }
    expect((await session.refresh()).status).toBe("paused");
  });

  test("closes the live view with a code of its own, and resuming lets viewers come back", async () => {
    const session = await readySession();
    const { token } = await session.createViewToken();
    const connect = () =>
      new WebSocket(`${t.url.replace("http", "ws")}/v1/sessions/${session.id}/vnc?token=${token}`);
    const ws = connect();
    const closed = new Promise<object>((resolve) => {
      ws.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    await new Promise((resolve) => ws.once("open", resolve));
    await session.pause();
    expect(await closed).toEqual({ code: CLOSE_CODES.sessionPaused, reason: "VM_PAUSED" });
    await session.resume();
    await session.waitFor("ready");
    const again = connect();
    await new Promise((resolve, reject) => {
      again.once("open", resolve);
      again.once("error", reject);
    });
    again.close();
  });
});

describe("resuming", () => {
  test("is not taken back by a list of VMs that is older", async () => {
    const session = await pausedSession();
    const { lists } = t.host;
    t.host.listMs = 1000;
    await until(() => t.host.lists).toBeGreaterThan(lists);
    const listed = t.host.lists;
    await session.resume();
    await session.waitFor("ready");
    // The list is compared before the next one is asked for.
    await until(() => t.host.lists).toBeGreaterThan(listed);
    const told = await t.withStore((store) =>
      store
        .selectFrom("event")
        .select("data_json")
        .where("subject", "=", session.id)
        .where("type", "=", "session.state")
        .execute(),
    );
    const states = told.map(({ data_json }) => JSON.parse(data_json).to);
    expect(states).toEqual(["pending", "ready", "paused", "ready"]);
  }, 15_000);

  test("goes on with the same VM, and time-outs begin anew", async () => {
    const session = await readySession({ ttlSeconds: 100, idleSeconds: 50 });
    await session.pause();
    await t.expireSession(session.id);
    await session.resume();
    const { vm, timeouts } = await session.waitFor("ready");
    expect(vm).toMatchObject({ id: vmOf(session), state: "ready" });
    expect(vm?.paused).toBeUndefined();
    expect(Date.parse(timeouts.offlineAt ?? "") - Date.now()).toBeGreaterThan(90_000);
    expect(Date.parse(timeouts.idleAt ?? "") - Date.now()).toBeGreaterThan(40_000);
  });

  test("is refused unless it is paused, and twice is fine while it is on its way", async () => {
    const session = await readySession();
    await expect(session.resume()).rejects.toMatchObject({ code: "VM_NOT_PAUSED", status: 409 });
    await session.pause();
    t.host.isEager = false;
    const both = await Promise.all([bvm.sessions.resume(session.id), bvm.sessions.resume(session.id)]);
    expect(both.map(({ vm }) => vm?.state)).toEqual(["resuming", "resuming"]);
    for (const state of ["verifying", "ready"] as const) t.host.tell(vmOf(session), state);
    await session.waitFor("ready");
    await session.end();
    await expect(session.resume()).rejects.toMatchObject({ code: "VM_NOT_PAUSED" });
  });

  test("that fails leaves it paused as before, with the reason, and who waits is told; it may be tried again", async () => {
    const session = await pausedSession();
    t.host.isEager = false;
    await session.resume();
    t.host.tell(vmOf(session), "verifying");
    expect((await bvm.sessions.resume(session.id)).status).toBe("paused");
    const reason = { code: "GATE_PATH_UNREACHABLE", message: "no ARP", fix: "look" };
    t.host.tell(vmOf(session), "paused", reason);
    await expect(session.waitFor("ready")).rejects.toMatchObject({
      code: "SESSION_NOT_READY",
      details: { status: "paused", reason },
    });
    const { reason: gone, ...vm } = t.host.vm(vmOf(session));
    t.host.vms.set(vm.id, vm);
    t.host.isEager = true;
    await session.resume();
    expect((await session.waitFor("ready")).reason).toBeNull();
  });

  test("that fails for good ends with hostd's reason", async () => {
    const session = await pausedSession();
    t.host.isEager = false;
    await session.resume();
    t.host.tell(vmOf(session), "failed", { code: "SNAPSHOT_DAMAGED", message: "cut", fix: "end it" });
    await expect(session.waitFor("ready")).rejects.toMatchObject({
      details: { reason: { code: "SNAPSHOT_DAMAGED" } },
    });
  });

  test("survives a restart of the controller", async () => {
    const session = await pausedSession();
    await t.restartController();
    expect(await t.admin.sessions.get(session.id)).toMatchObject({ status: "paused" });
    await t.admin.sessions.resume(session.id);
    await until(async () => (await t.admin.sessions.get(session.id)).status).toBe("ready");
  });
});

describe("forking", () => {
  test.each(["ready", "paused"] as const)(
    "a %s session makes a second one with a VM of its own",
    async (status) => {
      const session = await readySession({
        url: "https://example.org/",
        labels: { team: "a" },
        ttlSeconds: 500,
      });
      if (status === "paused") await session.pause();
      const fork = await session.fork();
      const ready = await fork.waitFor("ready");
      expect(ready).toMatchObject({
        forkOf: session.id,
        url: "https://example.org/",
        labels: { team: "a" },
        pool: null,
        vm: { origin: "fork" },
      });
      expect(ready.vm?.id).not.toBe(vmOf(session));
      expect(Date.parse(ready.expiresAt ?? "") - Date.now()).toBeLessThan(500_000);
      expect(t.host.freezer.forks).toEqual([{ from: vmOf(session), id: ready.vm?.id }]);
      // Its page is open already.
      expect(t.host.navigated).toEqual(["https://example.org/"]);
      expect((await session.refresh()).status).toBe(status);
      await fork.end();
      expect((await session.refresh()).status).toBe(status);
    },
  );

  test("has a time to live and labels of its own when it is told so", async () => {
    const session = await readySession({ labels: { team: "a" } });
    const { data } = await session.fork({ ttlSeconds: 40, labels: { team: "b" } });
    expect(data.labels).toEqual({ team: "b" });
    expect(Date.parse(data.expiresAt ?? "") - Date.now()).toBeLessThanOrEqual(40_000);
  });

  test("counts against the limit, and what hostd refuses leaves nothing", async () => {
    const session = await readySession();
    t.host.freezer.refuseFork = "DISK_FULL";
    await expect(session.fork()).rejects.toMatchObject({ code: "DISK_FULL" });
    t.host.freezer.refuseFork = undefined;
    expect((await bvm.sessions.list()).data).toHaveLength(1);
    await session.fork();
    await session.fork();
    await expect(session.fork()).rejects.toMatchObject({ code: "SESSION_LIMIT" });
  });

  test("of a session that failed or ended, or is not ready yet, is refused", async () => {
    t.host.isEager = false;
    const pending = await bvm.sessions.create({ image: "tiny" });
    await expect(pending.fork()).rejects.toMatchObject({ code: "SESSION_NOT_READY" });
    t.host.tell((await pending.refresh()).vm?.id ?? "", "failed", { code: "X", message: "m", fix: "f" });
    await until(async () => (await pending.refresh()).status).toBe("failed");
    await expect(pending.fork()).rejects.toMatchObject({
      code: "SESSION_NOT_READY",
      details: { reason: { code: "X" } },
    });
    t.host.isEager = true;
    const ended = await readySession();
    await ended.end();
    await expect(ended.fork()).rejects.toMatchObject({ code: "SESSION_NOT_READY" });
    await expect(bvm.sessions.fork(ended.id, { ttlSeconds: 1 })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
    expect(t.host.freezer.forks).toEqual([]);
  });

  test("that was only written down is asked for by the controller that starts again", async () => {
    const session = await readySession();
    const fork = await session.fork();
    await fork.waitFor("ready");
    await t.stopController();
    t.host.vms.delete(vmOf(fork));
    await t.forgetVm(fork.id);
    await t.startController();
    await until(async () => (await t.admin.sessions.get(fork.id)).status).toBe("ready");
    expect(t.host.freezer.forks).toHaveLength(2);
    expect(t.host.created).toHaveLength(1);
  });
});
