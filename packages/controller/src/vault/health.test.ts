import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SYSTEM } from "../audit/audit-log.ts";
import { TestProvider } from "../testing/test-provider.ts";
import { filesRequest, type OpenVault, oauthRequest, VaultFixture } from "../testing/vault-fixture.ts";
import { judgeByTime } from "./health.ts";
import { nextCheck } from "./health-keeper.ts";
import { RefreshLease } from "./refresh-lease.ts";

let provider: TestProvider;
let fixture: VaultFixture;
let opened: OpenVault;
beforeEach(async () => {
  provider = await TestProvider.start();
  fixture = new VaultFixture();
  opened = await fixture.open();
});
afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

const soon = (ms: number) => new Date(Date.now() + ms).toISOString();
const HOUR = 3_600_000;

/** As if the time of every look had come. */
async function sweep(): Promise<void> {
  const now = new Date(0).toISOString();
  await opened.store.updateTable("connection").set({ next_check_at: now }).execute();
  await opened.parts.health.sweep();
}

const healthEvents = async () =>
  (await opened.events.after(0)).filter(({ type }) => type === "connection.health").map(({ data }) => data);

test("the clock alone tells what cannot be renewed", () => {
  const now = Date.parse("2026-01-01T00:00:00.000Z");
  const at = (ms: number) => judgeByTime(new Date(now + ms).toISOString(), now).health;
  expect([at(-1), at(0), at(1), at(24 * HOUR), at(24 * HOUR + 1)]).toEqual([
    ...["expired", "expired", "expiring", "expiring", "ok"],
  ]);
  expect(judgeByTime(null, now).health).toBe("ok");
});

test("looks are spread, a fifth to each side", () => {
  const looks = Array.from({ length: 200 }, () => Date.parse(nextCheck(100, 0)) / 1000);
  expect(Math.min(...looks)).toBeGreaterThanOrEqual(80);
  expect(Math.max(...looks)).toBeLessThanOrEqual(120);
  expect(new Set(looks).size).toBeGreaterThan(100);
});

describe("a look", () => {
  test("renews a token that ends soon, and leaves one alone that does not", async () => {
    const { connections } = opened.parts;
    await connections.create(await oauthRequest(provider, { expiresAt: soon(10 * HOUR) }), SYSTEM);
    await sweep();
    expect(provider.refreshes).toBe(0);
    const { id } = await connections.create(
      await oauthRequest(provider, { expiresAt: soon(60_000) }),
      SYSTEM,
    );
    await sweep();
    expect(provider.refreshes).toBe(1);
    expect(Date.parse((await connections.get(id)).expiresAt ?? "")).toBeGreaterThan(Date.now() + HOUR / 2);
  });

  test("tells a change once, and comes back to a provider that was down", async () => {
    const { connections } = opened.parts;
    const { id } = await connections.create(await oauthRequest(provider), SYSTEM);
    provider.misbehave = (response) => response.writeHead(500).end() !== undefined;
    await sweep();
    await sweep();
    provider.misbehave = undefined;
    await sweep();
    expect(await healthEvents()).toEqual([
      { connectionId: id, from: "ok", to: "provider_down" },
      { connectionId: id, from: "provider_down", to: "ok" },
    ]);
  });

  test("finds that files are over", async () => {
    const { connections } = opened.parts;
    const request = { ...filesRequest(), expiresAt: soon(HOUR) };
    const { id, health } = await connections.create(request as never, SYSTEM);
    expect(health).toBe("expiring");
    await opened.store
      .updateTable("connection")
      .set({ expires_at: soon(-1) })
      .execute();
    await sweep();
    expect(await connections.get(id)).toMatchObject({ health: "expired", needsUser: true });
  });

  test("is of one controller only", async () => {
    const { connections } = opened.parts;
    await connections.create({ ...filesRequest(), expiresAt: soon(HOUR) } as never, SYSTEM);
    const second = await fixture.open();
    const past = { next_check_at: new Date(0).toISOString(), expires_at: soon(-1) };
    await opened.store.updateTable("connection").set(past).execute();
    await Promise.all([opened.parts.health.sweep(), second.parts.health.sweep()]);
    expect(await healthEvents()).toHaveLength(1);
  });
});

describe("the lease of a refresh", () => {
  test("has one holder at a time, and a higher fence each time", async () => {
    const [a, b] = [new RefreshLease(opened.store, "a"), new RefreshLease(opened.store, "b")];
    const first = await a.take("con_x");
    expect(await b.take("con_x")).toBeUndefined();
    expect(await a.take("con_x")).toBeUndefined();
    if (first) await a.release(first);
    const second = await b.take("con_x");
    expect([first?.fence, second?.fence]).toEqual([1, 2]);
  });

  test("is taken over when its time is over; what the one before would store is refused", async () => {
    let now = 0;
    const slow = new RefreshLease(opened.store, "slow", () => now);
    const first = await slow.take("con_x");
    if (!first) throw new Error("it is free");
    expect(await slow.begin(first, 7)).toBe(true);
    now = 61_000;
    const next = new RefreshLease(opened.store, "next", () => now);
    const second = await next.take("con_x");
    expect(second).toMatchObject({ fence: 2, unfinished: 7 });
    expect(await slow.begin(first, 7)).toBe(false);
    expect(await slow.finish(opened.store, first)).toBe(false);
    await slow.release(first);
    expect(await slow.take("con_x")).toBeUndefined();
    expect(second && (await next.finish(opened.store, second))).toBe(true);
  });
});
