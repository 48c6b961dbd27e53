import { mkdtemp, rm } from "node:fs/promises";
import type { Pool, Session } from "@browservm/contract";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ControllerUnderTest } from "../harness/controller-under-test.ts";
import { writeFakeImages } from "../harness/fake-images.ts";
import { HostUnderTest, NOTHING } from "../harness/host-under-test.ts";

const SCALE = { BROWSERVM_LIMITS__TIMEOUT_SCALE: "2" };

let images: string;
let host: HostUnderTest;
let controller: ControllerUnderTest;
beforeAll(async () => {
  images = await mkdtemp("/tmp/bvt-images-");
  await writeFakeImages(images, { stack: "fake.net=stack fake.console=count" });
  host = await HostUnderTest.start({
    images,
    env: { BROWSERVM_VMM__DRIVER: "fake", BROWSERVM_SNAPSHOTS__USE: "never", ...SCALE },
  });
  controller = await ControllerUnderTest.start(host.dir, { BROWSERVM_LIMITS__REFILLS: "4", ...SCALE });
}, 120_000);
afterEach(async () => {
  const { client } = controller;
  for (const { name } of await client.pools.list()) await client.pools.remove(name);
  for (const { id } of (await client.sessions.list()).data) await client.sessions.end(id);
  await until(() => host.remains()).toEqual(NOTHING);
}, 60_000);
afterAll(async () => {
  await controller[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
  await rm(images, { recursive: true, force: true });
});

const until = (isTrue: () => unknown, timeout = 40_000) => expect.poll(isTrue, { timeout, interval: 100 });
const pool = (): Promise<Pool> => controller.client.pools.get("warm");

async function fullPool(size: number): Promise<void> {
  await controller.client.pools.set("warm", { image: "stack", size });
  await until(async () => (await pool()).ready).toBe(size);
}

const create = async (): Promise<Session> =>
  (await controller.client.sessions.create({ image: "stack" })).data;

describe("a pool on a real hostd", () => {
  test("hands proven VMs out, each once, and is filled again", async () => {
    await fullPool(4);
    const sessions = await Promise.all([create(), create(), create(), create()]);
    expect(sessions.map(({ status, pool: from }) => [status, from])).toEqual(
      Array(4).fill(["ready", "warm"]),
    );
    expect(new Set(sessions.map(({ vm }) => vm?.id)).size).toBe(4);
    for (const { vm } of sessions) {
      expect(vm?.gate).toBe("pass");
      const seen = (await host.client.listVms()).find(({ id }) => id === vm?.id);
      expect(seen).toMatchObject({ claimedAt: expect.any(String), provenAt: expect.any(String) });
    }
    await until(async () => (await pool()).ready).toBe(4);
    expect(await pool()).toMatchObject({ hits: 4, misses: 0, reason: null });
  }, 120_000);

  test("survives a controller that is killed, and a hostd that is killed", async () => {
    await fullPool(2);
    const before = (await host.client.listVms()).map(({ id }) => id).sort();
    await controller.end("SIGKILL");
    await controller.startController();
    await host.end("SIGKILL");
    await host.startHostd();
    // Its VMs are adopted and proven anew; meanwhile they are nobody's to claim.
    await until(async () => (await host.client.listVms()).every(({ state }) => state === "ready")).toBe(true);
    await until(async () => (await pool()).ready).toBe(2);
    expect((await host.client.listVms()).map(({ id }) => id).sort()).toEqual(before);
    const session = await create();
    expect(session).toMatchObject({ status: "ready", pool: "warm" });
    expect(before).toContain(session.vm?.id);
  }, 120_000);

  test("gives its place to a VM of the session's own when it is empty, and ends without a trace", async () => {
    await fullPool(1);
    await create();
    const second = await create();
    expect(second.pool).toBeNull();
    await until(async () => (await controller.client.sessions.get(second.id)).status).toBe("ready");
    expect(await pool()).toMatchObject({ hits: 1, misses: 1 });
  }, 120_000);
});

describe("a session on a real hostd", () => {
  const status = async ({ id }: Session) => (await controller.client.sessions.get(id)).status;

  test("from a pool is paused, resumed and forked", async () => {
    await fullPool(1);
    const session = await create();
    const { sessions } = controller.client;
    const paused = await sessions.pause(session.id);
    expect(paused).toMatchObject({ status: "paused", vm: { id: session.vm?.id, state: "paused" } });
    expect(paused.vm?.paused?.sizeMib).toBeGreaterThan(0);
    const fork = await sessions.fork(session.id);
    await until(async () => (await fork.refresh()).status).toBe("ready");
    expect(fork.data).toMatchObject({ forkOf: session.id, vm: { origin: "fork" } });
    expect(fork.data.vm?.address?.ip).not.toBe(session.vm?.address?.ip);
    await sessions.resume(session.id);
    await until(() => status(session)).toBe("ready");
    await expect(sessions.resume(session.id)).rejects.toMatchObject({ code: "VM_NOT_PAUSED" });
  }, 120_000);

  test("that is idle is paused by itself, and survives a controller that is killed while it is", async () => {
    const { id } = (await controller.client.sessions.create({ image: "stack", idleSeconds: 2 })).data;
    await until(async () => (await controller.client.sessions.get(id)).status).toBe("paused");
    await controller.end("SIGKILL");
    await controller.startController();
    await controller.client.sessions.resume(id);
    await until(async () => (await controller.client.sessions.get(id)).status).toBe("ready");
  }, 120_000);
});
