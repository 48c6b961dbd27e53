import { Config, CreateSession } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { draftSession } from "../sessions/session-draft.ts";
import { sessionStore } from "../sessions/session-store.ts";
import { fullPool } from "../testing/full-pool.ts";
import { TestController } from "../testing/test-controller.ts";
import { poolStore } from "./pool-store.ts";

let t: TestController;
beforeEach(async () => {
  t = await TestController.start({ limits: { sessions: 200, refills: 32 } });
});
afterEach(() => t[Symbol.asyncDispose]());

const until = (isTrue: () => unknown) => expect.poll(isTrue, { timeout: 9000, interval: 20 });
const ready = async (name = "warm") => (await t.admin.pools.get(name)).ready;

describe("restarts", () => {
  test("a controller that starts again has its pool, its numbers and no more VMs than before", async () => {
    await fullPool(t, 2);
    await (await t.admin.sessions.create({ image: "tiny" })).end();
    await until(() => ready()).toBe(2);
    const before = await t.admin.pools.get("warm");
    await t.restartController();
    expect(await t.admin.pools.get("warm")).toEqual(before);
    expect(t.host.created).toHaveLength(3);
    expect((await t.admin.sessions.create({ image: "tiny" })).data.pool).toBe("warm");
  });

  test("VMs that were ended with the controller, as `up` does at its end, are made anew at once", async () => {
    await fullPool(t, 3);
    await t.stopController();
    t.host.vms.clear();
    await t.startController();
    await expect.poll(() => t.host.vms.size, { timeout: 3000 }).toBe(3);
    await until(() => ready()).toBe(3);
    expect((await t.admin.pools.get("warm")).reason).toBeNull();
  });

  test("a VM that was only written down is asked for, once", async () => {
    t.host.isEager = false;
    await t.admin.pools.set("warm", { image: "tiny", size: 1 });
    await until(() => t.host.created.length).toBe(1);
    await t.stopController();
    t.host.vms.clear();
    await t.withStore(async (store) => {
      await store.updateTable("pool_vm").set({ memory_mib: null, image_id: null }).execute();
    });
    t.host.isEager = true;
    await t.startController();
    await until(() => ready()).toBe(1);
    expect(t.host.created.map(({ id }) => id)).toEqual(Array(2).fill(t.host.created[0]?.id));
  });

  test.each([
    ["before hostd handed the VM out", false],
    ["after hostd handed the VM out, before we knew", true],
  ])("a controller that was killed %s finishes the claim", async (_, isHandedOut) => {
    const [only] = await fullPool(t, 1);
    await t.stopController();
    const draft = draftSession(CreateSession.parse({ image: "tiny" }), t.config.limits);
    await t.withStore((store) =>
      store.transaction().execute(async (trx) => {
        const taken = await poolStore.take(trx, draft.request, draft.id);
        await sessionStore.insert(trx, { ...draft, ...taken });
      }),
    );
    if (isHandedOut) t.host.freezer.claims.set(only ?? "", draft.id);
    await t.startController();
    await until(async () => (await t.admin.sessions.get(draft.id)).status).toBe("ready");
    expect(await t.admin.sessions.get(draft.id)).toMatchObject({ pool: "warm", vm: { id: only } });
    expect(t.host.freezer.claims.get(only ?? "")).toBe(draft.id);
    await until(() => ready()).toBe(1);
    expect(await t.withStore((store) => poolStore.hasVm(store, only ?? ""))).toBe(false);
  });

  test("a controller that was killed in a claim whose VM is gone meanwhile gets the session another one", async () => {
    const [only] = await fullPool(t, 1);
    await t.stopController();
    const draft = draftSession(CreateSession.parse({ image: "tiny" }), t.config.limits);
    await t.withStore(async (store) => {
      const taken = await poolStore.take(store, draft.request, draft.id);
      await sessionStore.insert(store, { ...draft, ...taken });
    });
    t.host.vms.delete(only ?? "");
    await t.startController();
    await until(async () => (await t.admin.sessions.get(draft.id)).status).toBe("ready");
    expect((await t.admin.sessions.get(draft.id)).vm?.id).not.toBe(only);
  });

  test("hostd that starts again proves its VMs anew: the pool keeps them", async () => {
    const before = await fullPool(t, 2);
    await t.host.stop();
    for (const id of before) t.host.vms.set(id, { ...t.host.vm(id), state: "verifying" });
    await t.host.start();
    await until(() => ready()).toBe(0);
    for (const id of before) t.host.tell(id, "ready");
    await until(() => ready()).toBe(2);
    expect([...t.host.vms.keys()].sort()).toEqual([...before].sort());
  }, 20_000);

  test("pools of the configuration are made at the start, cannot be changed, and go with their line", async () => {
    const pool = { name: "conf", image: "tiny", size: 1 };
    await t.restartController({ pools: Config.shape.pools.parse([pool]) });
    await until(() => ready("conf")).toBe(1);
    expect(await t.admin.pools.get("conf")).toMatchObject({ source: "config" });
    for (const refused of [
      () => t.admin.pools.set("conf", { size: 2 }),
      () => t.admin.pools.remove("conf"),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code: "POOL_CONFIGURED", status: 409 });
    }
    await t.admin.pools.flush("conf");
    await until(() => ready("conf")).toBe(1);
    await t.restartController({ pools: [] });
    await until(() => t.host.vms.size).toBe(0);
    expect(await t.admin.pools.list()).toEqual([]);
  }, 20_000);
});
