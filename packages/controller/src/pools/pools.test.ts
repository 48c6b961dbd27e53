import type { BrowserVM } from "@browservm/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PoolFixture } from "../testing/pool-fixture.ts";
import { poolStore } from "./pool-store.ts";

const pools = new PoolFixture();
beforeEach(() => pools.start());
afterEach(() => pools[Symbol.asyncDispose]());

const until = (isTrue: () => unknown) => expect.poll(isTrue, { timeout: 9000, interval: 20 });

describe("a pool", () => {
  test("is filled in the background, with VMs that hold no environment, and offers them after their second look", async () => {
    pools.t.host.isProving = false;
    expect(await pools.t.admin.pools.set("warm", { image: "tiny", size: 2 })).toMatchObject({
      size: 2,
      ready: 0,
    });
    await until(() => pools.t.host.created.length).toBe(2);
    for (const spec of pools.t.host.created) {
      expect(spec).toMatchObject({ image: "tiny", start: "auto" });
      expect(spec.environment).toBeUndefined();
    }
    await until(async () => (await pools.t.admin.pools.get("warm")).filling).toBe(2);
    expect(await pools.ready()).toBe(0);
    for (const id of pools.t.host.vms.keys()) pools.t.host.prove(id);
    await until(() => pools.ready()).toBe(2);
    expect(await pools.t.admin.pools.get("warm")).toMatchObject({
      hits: 0,
      misses: 0,
      claimMs: null,
      reason: null,
    });
    expect((await pools.t.admin.pools.get("warm")).refillMs?.p50).toBeGreaterThanOrEqual(0);
  });

  test("gives a session its VM in the answer, ready, and is filled again", async () => {
    const [first] = await pools.full(1);
    const session = await pools.t.admin.sessions.create({ image: "tiny", environment: { A: "1" } });
    expect(session.data).toMatchObject({ status: "ready", pool: "warm", vm: { id: first } });
    expect(pools.t.host.freezer.claimed).toEqual([
      { vmId: first, claim: session.id, environment: { A: "1" } },
    ]);
    await until(() => pools.ready()).toBe(1);
    expect(pools.t.host.created).toHaveLength(2);
    const pool = await pools.t.admin.pools.get("warm");
    expect(pool).toMatchObject({ hits: 1, misses: 0 });
    expect(pool.claimMs?.p50).toBeGreaterThan(0);
    for await (const { type, data } of session.events({ after: 0 })) {
      if (type !== "session.claimed") continue;
      expect(data).toEqual({ pool: "warm", ms: expect.any(Number) });
      break;
    }
    await session.end();
    expect(pools.t.host.vms.has(first ?? "")).toBe(false);
    expect(await pools.ready()).toBe(1);
  });

  test("a session that was made for a page is ready when its page is open, from a pool too", async () => {
    await pools.full(1);
    const session = await pools.t.admin.sessions.create({ image: "tiny", url: "https://example.org/" });
    await session.waitFor("ready");
    expect(session.data.pool).toBe("warm");
    expect(pools.t.host.navigated).toEqual(["https://example.org/"]);
  });

  test("no two of 60 sessions that are asked for at once get one VM", async () => {
    await pools.full(60);
    const sessions = await Promise.all(
      Array.from({ length: 60 }, () => pools.t.admin.sessions.create({ image: "tiny", pool: true })),
    );
    const vms = sessions.map(({ data }) => data.vm?.id);
    expect(new Set(vms).size).toBe(60);
    expect(sessions.every(({ data }) => data.pool === "warm" && data.status === "ready")).toBe(true);
    const claims = [...pools.t.host.freezer.claims].map(([vmId, claim]) => `${vmId} ${claim}`);
    expect(claims.sort()).toEqual(sessions.map(({ id, data }) => `${data.vm?.id} ${id}`).sort());
    expect((await pools.t.admin.pools.get("warm")).hits).toBe(60);
  }, 30_000);

  test("of more sessions than it has VMs, the rest get VMs of their own, as misses", async () => {
    await pools.full(3);
    pools.t.host.createMs = 500;
    const sessions = await Promise.all(
      Array.from({ length: 5 }, () => pools.t.admin.sessions.create({ image: "tiny" })),
    );
    expect(sessions.filter(({ data }) => data.pool === "warm")).toHaveLength(3);
    for (const session of sessions) await session.waitFor("ready");
    expect(await pools.t.admin.pools.get("warm")).toMatchObject({ hits: 3, misses: 2 });
  });

  test("misses also who names the sizes that it has, its own or its image's", async () => {
    await pools.full(1);
    await pools.full(1, { name: "large", memoryMib: 512 });
    pools.t.host.freezer.refuseClaim.set("*", "VM_UNFIT");
    const asked = [{ vcpus: 1 }, { memoryMib: 256 }, { vcpus: 1, memoryMib: 512 }, { memoryMib: 1024 }];
    for (const sizes of asked) await pools.t.admin.sessions.create({ image: "tiny", ...sizes });
    expect(await pools.t.admin.pools.get("warm")).toMatchObject({ misses: 2 });
    expect(await pools.t.admin.pools.get("large")).toMatchObject({ misses: 1 });
  });

  test("is passed by for another image or shape, and by who wants no VM of a pool, or one that boots", async () => {
    await pools.full(1);
    const asked = [
      { image: "browser" },
      { memoryMib: 512 },
      { vcpus: 4 },
      { pool: false },
      { start: "boot" as const },
    ];
    for (const request of asked) {
      const session = await pools.t.admin.sessions.create({ image: "tiny", ...request });
      expect(session.data.pool).toBeNull();
    }
    expect(await pools.t.admin.pools.get("warm")).toMatchObject({ ready: 1, hits: 0, misses: 0 });
    const same = await pools.t.admin.sessions.create({ image: "tiny", memoryMib: 256, vcpus: 1 });
    expect(same.data.pool).toBe("warm");
  });

  test("tells its numbers as events about the host, which only admins hear", async () => {
    await pools.full(1);
    const session = await pools.t.admin.sessions.create({ image: "tiny" });
    await until(() => pools.ready()).toBe(1);
    await session.end();
    const types = await Promise.all(
      [await pools.t.user("admin"), await pools.t.user()].map((reader) => heardUntilEnd(reader, session.id)),
    );
    expect(types.map((heard) => heard.includes("pool.state"))).toEqual([true, false]);
  });

  /** The types of all events that a reader hears, up to the end of that session. */
  async function heardUntilEnd(reader: BrowserVM, id: string): Promise<string[]> {
    const types: string[] = [];
    for await (const { type, subject, data } of reader.events({ after: 0 })) {
      types.push(type);
      if (subject === id && data.to === "ended") break;
    }
    return types;
  }
});

describe("a VM that is not fit", () => {
  test.each(["VM_UNFIT", "VM_CLAIMED"] as const)(
    "is replaced when hostd says %s, and the next one is tried",
    async (code) => {
      const [bad, good] = await pools.full(2);
      pools.t.host.freezer.refuseClaim.set(bad ?? "", code);
      const session = await pools.t.admin.sessions.create({ image: "tiny" });
      expect(session.data).toMatchObject({ status: "ready", vm: { id: good } });
      await until(() => pools.t.host.vms.has(bad ?? "")).toBe(false);
      await until(() => pools.ready()).toBe(2);
      expect(await pools.t.admin.pools.get("warm")).toMatchObject({ hits: 1, misses: 0 });
    },
  );

  test.each(["INTERNAL", "DEADLINE_EXCEEDED", "PROTOCOL_ERROR"] as const)(
    "is not what %s means: the session fails with it, and no other VM is used up",
    async (code) => {
      const before = await pools.full(3);
      pools.t.host.freezer.refuseClaim.set("*", code);
      await expect(pools.t.admin.sessions.create({ image: "tiny" })).rejects.toMatchObject({ code });
      expect(pools.t.host.freezer.claimed).toHaveLength(1);
      await until(() => pools.ready()).toBe(3);
      expect(before.slice(1).every((id) => pools.t.host.vms.has(id))).toBe(true);
    },
  );

  test("that hostd has no longer is forgotten", async () => {
    const [lost, good] = await pools.full(2);
    pools.t.host.vms.delete(lost ?? "");
    const session = await pools.t.admin.sessions.create({ image: "tiny" });
    expect(session.data.vm?.id).toBe(good);
    await until(() => pools.ready()).toBe(2);
  });

  test("that hostd proves anew goes back to its pool instead of being thrown away", async () => {
    const [proving] = await pools.full(1);
    const vm = pools.t.host.vm(proving ?? "");
    pools.t.host.vms.set(vm.id, { ...vm, state: "verifying" });
    const session = await pools.t.admin.sessions.create({ image: "tiny" });
    expect(session.data.pool).toBeNull();
    pools.t.host.tell(vm.id, "ready");
    await until(() => pools.ready()).toBe(1);
    expect(pools.t.host.vms.has(vm.id)).toBe(true);
  });

  test("when none is fit the session gets one of its own, and the pool is blamed for a miss", async () => {
    await pools.full(2);
    pools.t.host.freezer.refuseClaim.set("*", "VM_UNFIT");
    const session = await pools.t.admin.sessions.create({ image: "tiny" });
    expect((await session.waitFor("ready")).pool).toBeNull();
    expect(await pools.t.admin.pools.get("warm")).toMatchObject({ hits: 0, misses: 1 });
  });

  test("a setting that cannot be passed on is the session's fault: nothing is left, and the VM stays ready", async () => {
    const [only] = await pools.full(1);
    pools.t.host.freezer.refuseClaim.set("*", "ENVIRONMENT_INVALID");
    await expect(pools.t.admin.sessions.create({ image: "tiny" })).rejects.toMatchObject({
      code: "ENVIRONMENT_INVALID",
    });
    expect((await pools.t.admin.sessions.list()).data).toEqual([]);
    pools.t.host.freezer.refuseClaim.clear();
    expect((await pools.t.admin.sessions.create({ image: "tiny" })).data.vm?.id).toBe(only);
  });

  test("a claim whose answer is lost fails its session, and its VM is given to nobody else", async () => {
    const [only] = await pools.full(1);
    pools.t.host.freezer.losesAnswer = true;
    await expect(pools.t.admin.sessions.create({ image: "tiny" })).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
    });
    await until(() => pools.t.host.vms.has(only ?? "")).toBe(false);
    await until(() => pools.ready()).toBe(1);
    expect((await pools.t.admin.sessions.list()).data.map(({ status }) => status)).toEqual(["failed"]);
  });
});

describe("a session that is ended while it gets its VM", () => {
  /** Begins to make a session, and ends it as soon as it is written down. */
  async function endWhileClaiming() {
    pools.t.host.freezer.claimMs = 300;
    const making = pools.t.admin.sessions.create({ image: "tiny" }).then(
      ({ data }) => data.status,
      (error: unknown) => error,
    );
    await until(async () => (await pools.t.admin.sessions.list()).data.length).toBe(1);
    const [session] = (await pools.t.admin.sessions.list()).data;
    const ended = await pools.t.admin.sessions.end(session?.id ?? "");
    return { made: await making, ended: ended.status };
  }

  test("ends, with the VM that it got", async () => {
    const [only] = await pools.full(1);
    expect(await endWhileClaiming()).toMatchObject({ ended: "ended" });
    expect(pools.t.host.vms.has(only ?? "")).toBe(false);
    await until(() => pools.ready()).toBe(1);
    expect(pools.t.host.vms.size).toBe(1);
  });

  test("ends, and takes no other VM when that one was not fit", async () => {
    const [bad, good] = await pools.full(2);
    pools.t.host.freezer.refuseClaim.set(bad ?? "", "VM_UNFIT");
    expect(await endWhileClaiming()).toMatchObject({ ended: "ended", made: { code: "SESSION_NOT_READY" } });
    await until(() => pools.t.host.vms.has(bad ?? "")).toBe(false);
    expect(pools.t.host.freezer.claims.size).toBe(0);
    expect(pools.t.host.vms.has(good ?? "")).toBe(true);
    await until(() => pools.ready()).toBe(2);
    const left = await pools.t.withStore((store) => poolStore.vms(store));
    expect(left.map(({ state }) => state)).toEqual(["ready", "ready"]);
  });
});

describe("what changes under a pool", () => {
  test("a new image drains it, and it is filled from the new one", async () => {
    const old = await pools.full(2);
    pools.t.host.machine.images.set("tiny", "tiny-2");
    await until(() => old.some((id) => pools.t.host.vms.has(id))).toBe(false);
    await until(() => pools.ready()).toBe(2);
    expect([...pools.t.host.vms.values()].map(({ imageId }) => imageId)).toEqual(["tiny-2", "tiny-2"]);
  }, 15_000);

  test("a new shape drains it, a smaller size ends what is too many, and 0 ends all", async () => {
    const old = await pools.full(3);
    await pools.t.admin.pools.set("warm", { image: "tiny", size: 2, memoryMib: 512 });
    await until(() => pools.ready()).toBe(2);
    await until(() => old.some((id) => pools.t.host.vms.has(id))).toBe(false);
    expect([...pools.t.host.vms.values()].map(({ memoryMib }) => memoryMib)).toEqual([512, 512]);
    await pools.t.admin.pools.set("warm", { image: "tiny", size: 0 });
    await until(() => pools.t.host.vms.size).toBe(0);
    expect(await pools.t.admin.pools.get("warm")).toMatchObject({ size: 0, ready: 0, reason: null });
  });

  test("flushing replaces its VMs; removing it ends them, and no session's", async () => {
    const old = await pools.full(2);
    const session = await pools.t.admin.sessions.create({ image: "tiny" });
    await until(() => pools.ready()).toBe(2);
    await pools.t.admin.pools.flush("warm");
    await until(() => pools.ready()).toBe(2);
    expect(old.filter((id) => pools.t.host.vms.has(id))).toEqual([session.data.vm?.id]);
    await pools.t.admin.pools.remove("warm");
    await until(() => [...pools.t.host.vms.keys()]).toEqual([session.data.vm?.id]);
    expect(await pools.t.admin.pools.list()).toEqual([]);
    expect((await session.refresh()).status).toBe("ready");
  });

  test("a VM that fails is replaced, but not at once, and why is told", async () => {
    pools.t.host.refuseCreate = "SLOTS_EXHAUSTED";
    await pools.t.admin.pools.set("warm", { image: "tiny", size: 1 });
    await until(async () => (await pools.t.admin.pools.get("warm")).reason?.code).toBe("SLOTS_EXHAUSTED");
    const { length } = pools.t.host.created;
    expect(length).toBe(1);
    pools.t.host.refuseCreate = undefined;
    await pools.t.admin.pools.flush("warm");
    await until(() => pools.ready()).toBe(1);
    await until(async () => (await pools.t.admin.pools.get("warm")).reason).toBeNull();
  });

  test("a ready VM that fails is removed and replaced", async () => {
    const [only] = await pools.full(1);
    pools.t.host.tell(only ?? "", "failed", { code: "VMM_DIED", message: "it died", fix: "look" });
    await until(() => pools.t.host.vms.has(only ?? "")).toBe(false);
    await until(async () => (await pools.t.admin.pools.get("warm")).reason?.code).toBe("VMM_DIED");
    await until(() => pools.ready()).toBe(1);
    await until(async () => (await pools.t.admin.pools.get("warm")).reason).toBeNull();
  }, 20_000);

  test("less memory stops the filling with a reason, and more goes on", async () => {
    await pools.t.admin.pools.set("warm", { image: "tiny", size: 4 });
    await until(() => pools.ready()).toBe(4);
    pools.t.host.machine.availableMib = 600;
    await pools.t.admin.sessions.create({ image: "tiny" });
    await until(async () => (await pools.t.admin.pools.get("warm")).reason?.code).toBe("POOL_TOO_LARGE");
    expect(await pools.ready()).toBe(3);
    pools.t.host.machine.availableMib = 16_384;
    await until(() => pools.ready()).toBe(4);
    expect((await pools.t.admin.pools.get("warm")).reason).toBeNull();
  }, 20_000);
});
