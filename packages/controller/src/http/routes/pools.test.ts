import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PoolFixture } from "../../testing/pool-fixture.ts";

const pools = new PoolFixture();
beforeEach(() => pools.start());
afterEach(() => pools[Symbol.asyncDispose]());

describe("bad input", () => {
  test("a pool that is larger than the machine is refused, with the most that would fit", async () => {
    pools.t.host.machine.availableMib = 512 + 4 * 256;
    const wanted = (size: number) => pools.t.admin.pools.set("warm", { image: "tiny", size });
    await expect(wanted(5)).rejects.toMatchObject({
      code: "POOL_TOO_LARGE",
      status: 422,
      details: { most: 4 },
    });
    expect(await pools.t.admin.pools.list()).toEqual([]);
    pools.t.host.machine.slots = 2;
    await expect(wanted(4)).rejects.toMatchObject({ code: "POOL_TOO_LARGE", details: { most: 2 } });
    expect(await wanted(2)).toMatchObject({ size: 2 });
  });

  test("a pool gets no memory that other VMs fill at last, though they have touched little of it", async () => {
    pools.t.host.machine.totalMib = 512 + 6 * 256;
    await pools.full(2);
    await pools.t.admin.sessions.create({ image: "tiny", pool: false });
    await expect(pools.t.admin.pools.set("other", { image: "tiny", size: 4 })).rejects.toMatchObject({
      code: "POOL_TOO_LARGE",
      details: { most: 3, eachMib: 256, availableMib: 3 * 256 },
    });
    await expect(pools.t.admin.pools.set("warm", { image: "tiny", size: 6 })).rejects.toMatchObject({
      details: { most: 5 },
    });
    expect(await pools.t.admin.pools.set("warm", { image: "tiny", size: 5 })).toMatchObject({ size: 5 });
  });

  test("an image that does not exist, names that are none, sizes that are none", async () => {
    const set = (name: string, body: object) => pools.t.admin.pools.set(name, body as { size: number });
    await expect(set("warm", { image: "nope", size: 1 })).rejects.toMatchObject({
      code: "IMAGE_NOT_FOUND",
    });
    for (const [name, body] of [
      ["Warm", { size: 1 }],
      ["a b", { size: 1 }],
      ["../x", { size: 1 }],
      ["a".repeat(33), { size: 1 }],
      ["warm", { size: -1 }],
      ["warm", { size: 201 }],
      ["warm", { size: 1.5 }],
      ["warm", {}],
      ["warm", { size: 1, memoryMib: 1 }],
      ["warm", { size: 1, environment: {} }],
    ] as const) {
      await expect(set(name, body)).rejects.toMatchObject({ code: "BAD_REQUEST", status: 400 });
    }
    for (const refused of [
      () => pools.t.admin.pools.get("nope"),
      () => pools.t.admin.pools.flush("nope"),
      () => pools.t.admin.pools.remove("nope"),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code: "POOL_NOT_FOUND", status: 404 });
    }
    expect(pools.t.host.created).toEqual([]);
  });

  test("users see pools, and only admins change them", async () => {
    await pools.full(1);
    const user = await pools.t.user();
    expect(await user.pools.list()).toMatchObject([{ name: "warm", ready: 1 }]);
    for (const refused of [
      () => user.pools.set("warm", { size: 0 }),
      () => user.pools.flush("warm"),
      () => user.pools.remove("warm"),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code: "FORBIDDEN" });
    }
  });

  test("while hostd is away no pool is set, and those that are stay", async () => {
    await pools.full(1);
    await pools.t.host.stop();
    await expect(pools.t.admin.pools.set("warm", { image: "tiny", size: 2 })).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
    });
    expect(await pools.ready()).toBe(1);
    await expect(pools.t.admin.sessions.create({ image: "tiny" })).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
    });
    await pools.t.host.start();
    expect((await pools.t.admin.sessions.create({ image: "tiny" })).data.pool).toBe("warm");
  });
});
