import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore, type Store } from "../store/store.ts";
import { AuditLog, SYSTEM } from "./audit-log.ts";

let store: Store;
let audit: AuditLog;
beforeEach(async () => {
  store = await openStore(":memory:");
  audit = new AuditLog(store);
});
afterEach(() => store.destroy());

async function fill(count: number): Promise<void> {
  for (let i = 1; i <= count; i += 1)
    await audit.record({ action: "audit.exported", by: SYSTEM, details: { i } });
}

/** What somebody with the file could do, who first removes what guards it. */
async function tamper(...statements: string[]): Promise<void> {
  for (const name of ["update", "delete"])
    await sql.raw(`drop trigger if exists audit_no_${name}`).execute(store);
  for (const statement of statements) await sql.raw(statement).execute(store);
}

test("entries follow each other, are read a page at a time, and are whole", async () => {
  await fill(7);
  const first = await audit.list({ limit: 4 });
  const second = await audit.list({ limit: 4, cursor: first.nextCursor ?? undefined });
  expect([...first.data, ...second.data].map(({ details }) => details.i)).toEqual([7, 6, 5, 4, 3, 2, 1]);
  expect(second.nextCursor).toBeNull();
  expect(await audit.verify()).toMatchObject({ ok: true, entries: 7, brokenAt: null });
});

test("an entry cannot be changed or deleted", async () => {
  await fill(2);
  await expect(store.updateTable("audit").set({ action: "x" }).execute()).rejects.toThrow("only grows");
  await expect(store.deleteFrom("audit").execute()).rejects.toThrow("only grows");
  expect(await audit.verify()).toMatchObject({ ok: true, entries: 2 });
});

test.each([
  ["changed", 2, "update audit set details_json = '{}' where seq = 2"],
  ["attributed to somebody else", 1, `update audit set actor_json = '{"kind":"key"}' where seq = 1`],
  ["deleted in the middle", 2, "delete from audit where seq = 2"],
  ["cut off at the end", 3, "delete from audit where seq = 3"],
  ["moved", 2, "update audit set seq = 99 where seq = 2"],
])("an entry that was %s is found", async (_, brokenAt, statement) => {
  await fill(3);
  await tamper(statement);
  expect(await audit.verify()).toMatchObject({ ok: false, brokenAt });
});

test("entries that are written at the same time keep their order", async () => {
  await Promise.all(Array.from({ length: 50 }, () => fill(1)));
  expect(await audit.verify()).toMatchObject({ ok: true, entries: 50 });
});

test("a long log is exported whole", async () => {
  await fill(1001);
  const found: unknown[] = [];
  for await (const { seq } of audit.all()) found.push(seq);
  expect(found).toEqual(Array.from({ length: 1001 }, (_, i) => i + 1));
});
