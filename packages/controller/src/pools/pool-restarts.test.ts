import { Config, CreateSession } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { draftSession } from "../sessions/session-draft.ts";
import { sessionStore } from "../sessions/session-store.ts";
import { PoolFixture } from "../testing/pool-fixture.ts";
import { poolStore } from "./pool-store.ts";

const pools = new PoolFixture();
beforeEach(() => pools.start());
afterEach(() => pools[Symbol.asyncDispose]());

const until = (isTrue: () => unknown) => expect.poll(isTrue, { timeout: 9000, interval: 20 });

describe("restarts", () => {
  test("a controller that starts again has its pool, its numbers and no more VMs than before", async () => {
    await pools.full(2);
    await (await pools.t.admin.sessions.create({ image: "tiny" })).end();
    await until(() => pools.ready()).toBe(2);
    const before = await pools.t.admin.pools.get("warm");
    await pools.t.restartController();
    expect(await pools.t.admin.pools.get("warm")).toEqual(before);
    expect(pools.t.host.created).toHaveLength(3);
    expect((await pools.t.admin.sessions.create({ image: "tiny" })).data.pool).toBe("warm");
  });

  test("VMs that were ended with the controller, as `up` does at its end, are made anew at once", async () => {
    await pools.full(3);
    await pools.t.stopController();
    pools.t.host.vms.clear();
    await pools.t.startController();
    await expect.poll(() => pools.t.host.vms.size, { timeout: 3000 }).toBe(3);
    await until(() => pools.ready()).toBe(3);
    expect((await pools.t.admin.pools.get("warm")).reason).toBeNull();
  });

  test("a VM that was only written down is asked for, once", async () => {
    pools.t.host.isEager = false;
    await pools.t.admin.pools.set("warm", { image: "tiny", size: 1 });
    await until(() => pools.t.host.created.length).toBe(1);
    await pools.t.stopController();
    pools.t.host.vms.clear();
    await pools.t.withStore(async (store) => {
      await store.updateTable("pool_vm").set({ memory_mib: null, image_id: null }).execute();
    });
    pools.t.host.isEager = true;
    await pools.t.startController();
    await until(() => pools.ready()).toBe(1);
    expect(pools.t.host.created.map(({ id }) => id)).toEqual(Array(2).fill(pools.t.host.created[0]?.id));
  });

  test.each([
    ["before hostd handed the VM out", false],
    ["after hostd handed the VM out, before we knew", true],
  ])("a controller that was killed %s finishes the claim", async (_, isHandedOut) => {
    const [only] = await pools.full(1);
    await pools.t.stopController();
    const draft = draftSession(CreateSession.parse({ image: "tiny" }), pools.t.config.limits);
    await pools.t.withStore((store) =>
      store.transaction().execute(async (trx) => {
        const taken = await poolStore.take(trx, draft.request);
        await sessionStore.insert(trx, { ...draft, ...taken });
      }),
    );
    if (isHandedOut) pools.t.host.freezer.claims.set(only ?? "", draft.id);
    await pools.t.startController();
    await until(async () => (await pools.t.admin.sessions.get(draft.id)).status).toBe("ready");
    expect(await pools.t.admin.sessions.get(draft.id)).toMatchObject({ pool: "warm", vm: { id: only } });
    expect(pools.t.host.freezer.claims.get(only ?? "")).toBe(draft.id);
    await until(() => pools.ready()).toBe(1);
    expect(await pools.t.withStore((store) => poolStore.hasVm(store, only ?? ""))).toBe(false);
  });

  test("a controller that was killed in a claim whose VM is gone meanwhile gets the session another one", async () => {
    const [only] = await pools.full(1);
    await pools.t.stopController();
    const draft = draftSession(CreateSession.parse({ image: "tiny" }), pools.t.config.limits);
    await pools.t.withStore(async (store) => {
      const taken = await poolStore.take(store, draft.request);
      await sessionStore.insert(store, { ...draft, ...taken });
    });
    pools.t.host.vms.delete(only ?? "");
    await pools.t.startController();
    await until(async () => (await pools.t.admin.sessions.get(draft.id)).status).toBe("ready");
    expect((await pools.t.admin.sessions.get(draft.id)).vm?.id).not.toBe(only);
  });

  test("hostd that starts again proves its VMs anew: the pool keeps them", async () => {
    const before = await pools.full(2);
    await pools.t.host.stop();
    for (const id of before) pools.t.host.vms.set(id, { ...pools.t.host.vm(id), state: "verifying" });
    await pools.t.host.start();
    await until(() => pools.ready()).toBe(0);
    for (const id of before) pools.t.host.tell(id, "ready");
    await until(() => pools.ready()).toBe(2);
    expect([...pools.t.host.vms.keys()].sort()).toEqual([...before].sort());
  }, 20_000);

  test("pools of the configuration are made at the start, cannot be changed, and go with their line", async () => {
    const pool = { name: "conf", image: "tiny", size: 1 };
    await pools.t.restartController({ pools: Config.shape.pools.parse([pool]) });
    await until(() => pools.ready("conf")).toBe(1);
    expect(await pools.t.admin.pools.get("conf")).toMatchObject({ source: "config" });
    for (const refused of [
      () => pools.t.admin.pools.set("conf", { size: 2 }),
      () => pools.t.admin.pools.remove("conf"),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code: "POOL_CONFIGURED", status: 409 });
    }
    await pools.t.admin.pools.flush("conf");
    await until(() => pools.ready("conf")).toBe(1);
    await pools.t.restartController({ pools: [] });
    await until(() => pools.t.host.vms.size).toBe(0);
    expect(await pools.t.admin.pools.list()).toEqual([]);
  }, 20_000);
});
