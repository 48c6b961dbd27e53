import { expect, test } from "vitest";
import { inTurn } from "./in-turn.ts";

test("what goes wrong keeps nothing after it from being done, and the first of it is told", async () => {
  const done: string[] = [];
  const work = (name: string, wrong?: string) => async () => {
    await Promise.resolve();
    done.push(name);
    if (wrong) throw new Error(wrong);
  };
  await inTurn([work("a"), work("b")]);
  const all = inTurn([work("c", "the first"), work("d", "the second"), work("e")]);
  await expect(all).rejects.toThrow("the first");
  expect(done).toEqual(["a", "b", "c", "d", "e"]);
});
