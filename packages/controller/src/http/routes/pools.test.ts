import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fullPool } from "../../testing/full-pool.ts";
import { TestController } from "../../testing/test-controller.ts";

let t: TestController;
beforeEach(async () => {
  t = await TestController.start({ limits: { sessions: 200, refills: 32 } });
});
afterEach(() => t[Symbol.asyncDispose]());

const ready = async (name = "warm") => (await t.admin.pools.get(name)).ready;

describe("bad input", () => {
  test("a pool that is larger than the machine is refused, with the most that would fit", async () => {
    t.host.machine.availableMib = 512 + 4 * 256;
    const wanted = (size: number) => t.admin.pools.set("warm", { image: "tiny", size });
    await expect(wanted(5)).rejects.toMatchObject({
      code: "POOL_TOO_LARGE",
      status: 422,
      details: { most: 4 },
    });
    expect(await t.admin.pools.list()).toEqual([]);
    t.host.machine.slots = 2;
    await expect(wanted(4)).rejects.toMatchObject({ code: "POOL_TOO_LARGE", details: { most: 2 } });
    expect(await wanted(2)).toMatchObject({ size: 2 });
  });

  test("an image that does not exist, names that are none, sizes that are none", async () => {
    const set = (name: string, body: object) => t.admin.pools.set(name, body as { size: number });
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
      () => t.admin.pools.get("nope"),
      () => t.admin.pools.flush("nope"),
      () => t.admin.pools.remove("nope"),
    ]) {
      await expect(refused()).rejects.toMatchObject({ code: "POOL_NOT_FOUND", status: 404 });
    }
    expect(t.host.created).toEqual([]);
  });

  test("users see pools, and only admins change them", async () => {
    await fullPool(t, 1);
    const user = await t.user();
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
    await fullPool(t, 1);
    await t.host.stop();
    await expect(t.admin.pools.set("warm", { image: "tiny", size: 2 })).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
    });
    expect(await ready()).toBe(1);
    await expect(t.admin.sessions.create({ image: "tiny" })).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
    });
    await t.host.start();
    expect((await t.admin.sessions.create({ image: "tiny" })).data.pool).toBe("warm");
  });
});
