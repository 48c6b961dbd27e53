import { statSync } from "node:fs";
import { createServer } from "node:net";
import { Config, paths } from "@browservm/contract";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startController } from "./start-controller.ts";
import { TestController } from "./testing/test-controller.ts";

let t: TestController;
beforeEach(async () => {
  t = await TestController.start();
});
afterEach(() => t[Symbol.asyncDispose]());

const until = (isTrue: () => unknown) => expect.poll(isTrue, { timeout: 9000, interval: 20 });

describe("a controller that is killed and started again", () => {
  test("finds its sessions, its keys and its events", async () => {
    const user = await t.user();
    const ready = await user.sessions.create({ labels: { a: "1" } });
    await ready.waitFor("ready");
    const before = await t.admin.sessions.get(ready.id);
    await t.stopController();
    await t.startController();
    const again = await t.user();
    expect(await again.sessions.get(ready.id)).toMatchObject({
      id: before.id,
      status: "ready",
      vm: before.vm,
      labels: before.labels,
    });
    expect(await t.admin.listApiKeys()).toHaveLength(2);
    expect(t.host.vms.size).toBe(1);
  });

  test("learns what happened meanwhile: one became ready, one failed, one is lost, one's VM is an orphan", async () => {
    t.host.isEager = false;
    const sessions = await Promise.all([0, 1, 2, 3].map(() => t.admin.sessions.create()));
    const vmOf = async (index: number) => (await sessions[index]?.refresh())?.vm?.id ?? "";
    const [toReady, toFail, toLose, toOrphan] = [await vmOf(0), await vmOf(1), await vmOf(2), await vmOf(3)];
    const orphan = t.host.vms.get(toOrphan);
    await sessions[3]?.end();
    await t.stopController();
    t.host.tell(toReady, "booting");
    t.host.tell(toReady, "ready");
    t.host.tell(toFail, "failed", { code: "GUEST_PANICKED", message: "it panicked", fix: "look" });
    t.host.vms.delete(toLose);
    if (orphan) t.host.vms.set(toOrphan, orphan);
    await t.startController();
    const statuses = async () =>
      Promise.all(sessions.map(async ({ id }) => (await t.admin.sessions.get(id)).status));
    await until(statuses).toEqual(["ready", "failed", "failed", "ended"]);
    expect((await t.admin.sessions.get(sessions[2]?.id ?? "")).reason).toMatchObject({
      code: "VM_NOT_FOUND",
    });
    await until(() => t.host.vms.has(toOrphan)).toBe(false);
    const stranger = t.host.vms.size;
    expect(stranger).toBe(2);
  });

  test("events of the time in between come once, in order, to whoever resumes", async () => {
    t.host.isEager = false;
    const session = await t.admin.sessions.create();
    const vm = (await session.refresh()).vm?.id ?? "";
    t.host.tell(vm, "booting");
    const states = async (count: number) => {
      const found: unknown[] = [];
      for await (const event of t.admin.sessions.events(session.id, { after: 0 })) {
        if (event.type === "vm.state") found.push(event.data.to);
        if (found.length === count) break;
      }
      return found;
    };
    expect(await states(2)).toEqual(["creating", "booting"]);
    await t.stopController();
    t.host.tell(vm, "verifying");
    t.host.tell(vm, "ready");
    await t.startController();
    expect(await states(4)).toEqual(["creating", "booting", "verifying", "ready"]);
  });

  test("asks for the VM of a session that it had only written down: the same VM, and one", async () => {
    const session = await t.admin.sessions.create({ image: "tiny" }, { idempotencyKey: "k" });
    const first = t.host.created[0];
    await t.stopController();
    t.host.vms.clear();
    await t.forgetVm(session.id);
    await t.startController();
    await session.waitFor("ready", { timeoutMs: 8000 });
    expect(t.host.created).toEqual([first, first]);
    expect([...t.host.vms.keys()]).toEqual([first?.id]);
    expect((await t.admin.sessions.create({ image: "tiny" }, { idempotencyKey: "k" })).id).toBe(session.id);
  }, 20_000);
});

test("a session whose time is over ends by itself, and says why", async () => {
  const session = await t.admin.sessions.create();
  await session.waitFor("ready");
  await t.expireSession(session.id);
  await session.waitFor("ended", { timeoutMs: 9000 });
  expect(t.host.vms.size).toBe(0);
  for await (const { type, data } of session.events({ after: 0 })) {
    if (type !== "session.state" || data.to !== "ending") continue;
    expect(data).toMatchObject({ cause: "expired" });
    break;
  }
}, 15_000);

describe("listening", () => {
  test("the socket is for its owner only", () => {
    const { controllerSocket } = paths(t.config);
    expect(statSync(controllerSocket).mode & 0o777).toBe(0o600);
    expect(statSync(`${controllerSocket}/..`.replace(/\/[^/]+\/\.\.$/, "")).mode & 0o777).toBe(0o700);
  });

  test("a second controller on the same socket is refused, and the first goes on", async () => {
    const second = startController({ config: t.config, log: pino({ level: "silent" }), version: "0" });
    await expect(second).rejects.toMatchObject({ code: "ALREADY_RUNNING" });
    expect((await t.admin.me()).role).toBe("admin");
  });

  test("a taken port is named, and nothing is left behind", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    const port = typeof address === "object" && address ? address.port : 0;
    const config = Config.parse({ ...t.config, listen: `127.0.0.1:${port}`, runDir: `${t.directory}/other` });
    const start = () => startController({ config, log: pino({ level: "silent" }), version: "0" });
    await expect(start()).rejects.toMatchObject({
      code: "PORT_TAKEN",
      details: { listen: `127.0.0.1:${port}` },
      fix: expect.stringContaining("BROWSERVM_LISTEN"),
    });
    expect(() => statSync(paths(config).controllerSocket)).toThrow("ENOENT");
    await new Promise((resolve) => taken.close(resolve));
    await (await start())[Symbol.asyncDispose]();
  });

  test("it starts also while hostd is away, and finds it when it comes", async () => {
    await t.host.stop();
    await t.stopController();
    await t.startController();
    await expect(t.admin.ready()).rejects.toMatchObject({ code: "HOST_UNREACHABLE" });
    await t.host.start();
    await t.admin.ready();
    const session = await t.admin.sessions.create();
    await session.waitFor("ready", { timeoutMs: 9000 });
  }, 15_000);
});
