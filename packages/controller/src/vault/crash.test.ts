import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SYSTEM } from "../audit/audit-log.ts";
import { Mortal } from "../testing/mortal.ts";
import { TestProvider } from "../testing/test-provider.ts";
import { filesRequest, storeOAuth, VaultFixture } from "../testing/vault-fixture.ts";
import { OpenIdProvider, type Provider } from "./provider.ts";

let provider: TestProvider;
let fixture: VaultFixture;
beforeAll(async () => {
  provider = await TestProvider.start();
});
afterAll(() => provider[Symbol.asyncDispose]());
beforeEach(() => {
  fixture = new VaultFixture();
});
afterEach(() => fixture[Symbol.asyncDispose]());

/** Runs `work` in a process that dies at its n-th statement; answers whether it did. */
async function dying(n: number, when: "before" | "after", work: (opened: Opened) => Promise<unknown>) {
  const mortal = new Mortal(n, when);
  const opened = await fixture.open({ store: mortal.store(fixture.database) });
  await work(opened).catch(() => {});
  await opened.close().catch(() => {});
  return mortal.isDead;
}
type Opened = Awaited<ReturnType<VaultFixture["open"]>>;

/** Nothing is there by halves: every row opens, and the audit log is whole. */
async function expectWhole({ parts, store }: Opened): Promise<void> {
  for (const row of await store.selectFrom("connection").selectAll().execute())
    (await parts.vault.unlock(row, row))[Symbol.dispose]();
  expect(await parts.audit.verify()).toMatchObject({ ok: true });
}

/** What may be said of a connection after a crash while it was refreshed, in the words of a report. */
async function outcomeOf(
  { parts }: Opened,
  id: Awaited<ReturnType<typeof storeOAuth>>["id"],
): Promise<string> {
  try {
    const { accessToken } = await parts.connections.token(id, SYSTEM);
    return (await provider.knows(accessToken)) ? "token" : "a token that is none";
  } catch (error) {
    return String((error as { details?: { health?: string } }).details?.health ?? error);
  }
}

describe("a refresh that is killed", () => {
  test.each(["before", "after"] as const)(
    "%s any statement ends in a token, or in a connection that says what was lost",
    async (when) => {
      const outcomes = new Map<string, number>();
      const first = await fixture.open();
      let points = 0;
      for (let n = 1; ; n += 1) {
        const { id } = await storeOAuth(first, provider);
        // The opening has statements too: they are points as well.
        const isDead = await dying(n, when, ({ parts }) => parts.connections.token(id, SYSTEM));
        if (!isDead) break;
        points += 1;
        await fixture.endLeases(first.store);
        const outcome = await outcomeOf(first, id);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      await expectWhole(first);
      expect(points).toBeGreaterThanOrEqual(15);
      expect([...outcomes.keys()].sort()).toEqual(["refresh_reused", "token"]);
      expect(outcomes.get("token")).toBeGreaterThan(outcomes.get("refresh_reused") ?? 0);
    },
    60_000,
  );

  test.each(["before it sends", "before its answer is read"])("%s goes on or says so", async (point) => {
    const first = await fixture.open({ provider: diesAt(point) });
    const { id } = await storeOAuth(first, provider);
    await expect(first.parts.connections.token(id, SYSTEM)).rejects.toThrow("died");
    await first.close();
    const second = await fixture.open();
    await fixture.endLeases(second.store);
    const expected = point === "before it sends" ? "token" : "refresh_reused";
    expect(await outcomeOf(second, id)).toBe(expected);
    await expectWhole(second);
  });
});

/** The real provider's client in a process that dies there. */
function diesAt(point: string): Provider {
  const real = new OpenIdProvider();
  return {
    async prepare(secret, signal) {
      const send = await real.prepare(secret, signal);
      if (typeof send !== "function") return send;
      return async () => {
        if (point === "before it sends") throw new Error("died");
        await send();
        throw new Error("died");
      };
    },
  };
}

describe("a making, a deletion and a rotation that are killed at any statement", () => {
  test.each(["before", "after"] as const)(
    "(%s it) leave all of it or nothing",
    async (when) => {
      // Makes the tables: a migration is not what dies here.
      await (await fixture.open()).close();
      for (let n = 1; ; n += 1) {
        const isDead = await dying(n, when, ({ parts }) => parts.connections.create(filesRequest(), SYSTEM));
        const after = await fixture.open();
        await expectWhole(after);
        await after.close();
        if (!isDead) break;
      }
      const before = await fixture.open();
      const { id } = await before.parts.connections.create(filesRequest(), SYSTEM);
      for (let n = 1; ; n += 1) {
        const isDead = await dying(n, when, ({ parts }) => parts.connections.remove(id, SYSTEM));
        await expectWhole(before);
        if (!isDead) break;
      }
      await expect(before.parts.connections.get(id)).rejects.toMatchObject({ code: "CONNECTION_NOT_FOUND" });
    },
    60_000,
  );

  test.each(["before", "after"] as const)(
    "(%s it) a rotation goes on at the next start",
    async (when) => {
      const first = await fixture.open();
      for (let i = 0; i < 3; i += 1)
        await first.parts.connections.create(filesRequest(`secret ${i}`), SYSTEM);
      await first.close();
      let points = 0;
      for (let n = 1; ; n += 1) {
        const isDead = await dying(n, when, async ({ parts }) => {
          await parts.rotate(SYSTEM);
          await parts.rotation.settled();
        });
        const after = await fixture.open();
        await after.parts.rotation.settled();
        await expectWhole(after);
        expect(await after.parts.status()).toMatchObject({ state: "open", waiting: 0, connections: 3 });
        await after.close();
        if (!isDead) break;
        points += 1;
      }
      expect(points).toBeGreaterThanOrEqual(15);
    },
    60_000,
  );
});
