import { SigninId } from "@browservm/contract";
import { sql } from "kysely";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SigninFixture } from "../testing/signin-fixture.ts";
import { SigninKeeper } from "./signin-keeper.ts";
import { SigninRunner } from "./signin-runner.ts";

let fixture: SigninFixture;
beforeEach(async () => {
  fixture = await SigninFixture.start();
});
afterEach(() => fixture[Symbol.asyncDispose]());

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();

async function cancelled(): Promise<string> {
  const url = "https://shop.example/login";
  const settings = { recipe: "cookies" as const, url, origins: ["https://shop.example"] };
  const { id } = await fixture.begin({ provider: "shop", settings });
  await fixture.signins.cancel(id);
  return id;
}

test("what is over keeps its settings for a day, and is forgotten after its days, once its session is over", async () => {
  const id = await cancelled();
  await fixture.api.stopController();
  await fixture.api.withStore(async (store) => {
    const runner = { start: vi.fn(), cleanUp: vi.fn(() => Promise.reject(new Error("the host is away"))) };
    const keeper = new SigninKeeper({ store, runner, log: { debug: vi.fn() }, days: 30 } as never);
    const lookWith = async (columns: { ended_at?: string; session_over?: number }) => {
      await store.updateTable("signin").set(columns).where("id", "=", id).execute();
      await keeper.look();
      const row = await store.selectFrom("signin").selectAll().where("id", "=", id).executeTakeFirst();
      return row && (row.secret === null ? "without settings" : "whole");
    };
    expect(await lookWith({ ended_at: daysAgo(0.9) })).toBe("whole");
    expect(await lookWith({ ended_at: daysAgo(1.1) })).toBe("without settings");
    const changes = async () =>
      (await sql<{ n: number }>`select total_changes() as n`.execute(store)).rows[0]?.n;
    const before = await changes();
    await keeper.look();
    expect(await changes()).toBe(before);
    expect(await lookWith({ ended_at: daysAgo(31), session_over: 0 })).toBe("without settings");
    expect(runner.cleanUp).toHaveBeenCalledWith(id);
    expect(await lookWith({ session_over: 1 })).toBeUndefined();
    expect(runner.start).not.toHaveBeenCalled();
  });
});

test("a sign-in whose row cannot be read is begun at the next look", async () => {
  const error = vi.fn();
  const selectFrom = () => {
    throw new Error("the database is away");
  };
  await using runner = new SigninRunner({ store: { selectFrom }, log: { error } } as never);
  const id = SigninId.parse(`sgn_${"a".repeat(20)}`);
  for (const times of [1, 2]) {
    runner.start(id);
    await runner.stop(id);
    expect(error).toHaveBeenCalledTimes(times);
  }
});
