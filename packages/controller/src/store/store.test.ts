import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALL_SCOPES } from "@browservm/contract";
import { Kysely, SqliteDialect } from "kysely";
import { Migrator } from "kysely/migration";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Authenticator } from "../auth/authenticator.ts";
import { sha256 } from "../auth/secrets.ts";
import { migrations } from "./migrations.ts";
import { openSqlite } from "./sqlite-database.ts";
import { openStore } from "./store.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bvm-store-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("openStore", () => {
  test("makes a database that only its owner can read, and keeps what is in it", async () => {
    const path = join(directory, "deep", "controller.db");
    const first = await openStore(path);
    await first.insertInto("mark").values({ name: "host", value: 7 }).execute();
    await first.destroy();
    const second = await openStore(path);
    expect(await second.selectFrom("mark").selectAll().execute()).toEqual([{ name: "host", value: 7 }]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await second.destroy();
  });

  test("rolls a failed transaction back", async () => {
    const store = await openStore(join(directory, "controller.db"));
    const failing = store.transaction().execute(async (trx) => {
      await trx.insertInto("mark").values({ name: "host", value: 1 }).execute();
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await store.selectFrom("mark").selectAll().execute()).toEqual([]);
    await store.destroy();
  });

  test("gives links and sign-ins of before an id, and finds which belong together", async () => {
    const path = join(directory, "controller.db");
    await makeOldLinks(path);
    const store = await openStore(path);
    const links = await store.selectFrom("view_token").selectAll().orderBy("token_sha256").execute();
    expect(links).toMatchObject([
      { token_sha256: "one", name: null, revoked_at: null, spent_at: "2026-01-01T00:00:00.000Z" },
      { token_sha256: "two" },
    ]);
    for (const { id, created_at } of links) {
      expect(id).toMatch(/^lnk_[a-z2-7]{20}$/);
      expect(Date.parse(created_at)).toBeLessThanOrEqual(Date.now());
    }
    const signIns = await store
      .selectFrom("web_session")
      .select(["id", "link_id", "name"])
      .orderBy("id")
      .execute();
    expect(signIns).toEqual([
      { id: "tok_admin", link_id: null, name: null },
      { id: "tok_guest", link_id: links[1]?.id, name: null },
    ]);
    await store.destroy();
  });

  test("lets keys of before do what their role let them do", async () => {
    const path = join(directory, "controller.db");
    await makeOldKeys(path);
    const store = await openStore(path);
    const authenticator = new Authenticator(store);
    const user = await authenticator.identify({ bearer: "bvm_user" });
    const admin = await authenticator.identify({ bearer: "bvm_admin" });
    expect(user).toMatchObject({ kind: "key", name: "user", project: "default", personId: null });
    expect([...(user?.may ?? [])].sort()).toEqual([
      "connections:read",
      "connections:token",
      "connections:write",
      "host:read",
      "pools:read",
      "sessions:read",
      "sessions:view",
      "sessions:write",
    ]);
    expect(admin).toMatchObject({ name: "admin", project: null, expiresAt: null });
    expect(admin?.may.size).toBe(ALL_SCOPES.length);
    const cookie = await authenticator.identify({ cookie: "cookie" });
    expect(cookie).toMatchObject({ kind: "cookie", role: "admin", personId: null });
    const row = await store.selectFrom("session").select("project").executeTakeFirst();
    expect(row).toEqual({ project: "default" });
    await store.destroy();
  });

  test("refuses a file that is no database, and leaves it as it is", async () => {
    const path = join(directory, "controller.db");
    writeFileSync(path, "this is not SQLite, and long enough to be looked at".repeat(40));
    const before = statSync(path).size;
    await expect(openStore(path)).rejects.toMatchObject({ code: "STATE_DAMAGED", details: { path } });
    expect(statSync(path).size).toBe(before);
  });
});

/** A database of before keys had scopes: a key of each role, an operator's sign-in, and a session. */
async function makeOldKeys(path: string): Promise<void> {
  const db = await openAt(path, "005-vault");
  const key = { prefix: "bvm_", created_at: "2026-01-01T00:00:00.000Z" };
  const keys = ["user", "admin"].map((role) => ({
    ...key,
    id: `key_${role}`,
    name: role,
    role,
    secret_sha256: sha256(`bvm_${role}`),
  }));
  await db.insertInto("api_key").values(keys).execute();
  const signIn = { can_control: 1, created_at: key.created_at, expires_at: "2099-01-01T00:00:00.000Z" };
  await db
    .insertInto("web_session")
    .values({ ...signIn, id: "tok_admin", cookie_sha256: sha256("cookie"), role: "admin" })
    .execute();
  const session = { request_json: "{}", vm_id: "vm_1", expires_at: signIn.expires_at, ttl_seconds: 60 };
  await db
    .insertInto("session")
    .values({ ...session, id: "ses_1", status: "ended", created_at: key.created_at, is_navigated: 0 })
    .execute();
  await db.destroy();
}

type Before = Record<string, Record<string, string | number | null>>;

/** A database as it was after that migration. */
async function openAt(path: string, migration: string): Promise<Kysely<Before>> {
  const db = new Kysely<Before>({ dialect: new SqliteDialect({ database: openSqlite(path) }) });
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateTo(migration);
  expect(error).toBeUndefined();
  return db;
}

/** A database of before links had ids: two links to one session, a guest by the second, and an operator. */
async function makeOldLinks(path: string): Promise<void> {
  const db = await openAt(path, "003-pools-and-rest");
  const link = { session_id: "ses_1", role: "control", one_time: 0 };
  const [first, second] = ["2030-01-01T00:00:00.001Z", "2030-01-01T00:00:00.002Z"];
  await db
    .insertInto("view_token")
    .values([
      { ...link, token_sha256: "one", expires_at: first, spent_at: "2026-01-01T00:00:00.000Z" },
      { ...link, token_sha256: "two", expires_at: second, spent_at: null },
    ])
    .execute();
  const signIn = { can_control: 1, created_at: "2026-01-01T00:00:00.000Z", expires_at: second };
  await db
    .insertInto("web_session")
    .values([
      { ...signIn, id: "tok_admin", cookie_sha256: "a", role: "admin", session_id: null },
      { ...signIn, id: "tok_guest", cookie_sha256: "b", role: "view", session_id: "ses_1" },
    ])
    .execute();
  await db.destroy();
}
