import { expect, test } from "vitest";
import { KeyedLock } from "./keyed-lock.ts";

test("work under one key runs in the order of asking, also after a failure; other keys do not wait", async () => {
  const lock = new KeyedLock();
  const told: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = lock.run("a", async () => {
    await gate.promise;
    told.push("first");
    throw new Error("no");
  });
  const second = lock.run("a", async () => told.push("second"));
  await lock.run("b", async () => told.push("other"));
  gate.resolve();
  await expect(first).rejects.toThrow("no");
  await second;
  expect(told).toEqual(["other", "first", "second"]);
});
