import { randomBytes } from "node:crypto";
import { type ApiKey, ApiKeyId, makeId } from "@browservm/contract";
import { z } from "zod";
import type { Store } from "../store/store.ts";
import type { Principal } from "./principal.ts";
import { newSecret, SECRET_PREFIX, sha256 } from "./secrets.ts";

const KeyRole = z.enum(["admin", "user"]);
const SHOWN_CHARS = 10;
/** `lastUsedAt` is this exact, in milliseconds: not every request is worth a write. */
const USED_GRAIN_MS = 60_000;

/** Long-lived keys for programs. The secret is shown once; the database holds its hash. */
export class ApiKeys {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async create(name: string, role: "admin" | "user"): Promise<ApiKey & { secret: string }> {
    const secret = newSecret(SECRET_PREFIX.apiKey);
    const key = {
      id: ApiKeyId.parse(makeId("key", randomBytes(20))),
      name,
      prefix: secret.slice(0, SHOWN_CHARS),
      createdAt: new Date().toISOString(),
      lastUsedAt: null,
    };
    await this.#store
      .insertInto("api_key")
      .values({
        id: key.id,
        name,
        role,
        prefix: key.prefix,
        secret_sha256: sha256(secret),
        created_at: key.createdAt,
        last_used_at: null,
      })
      .execute();
    return { ...key, secret };
  }

  async list(): Promise<ApiKey[]> {
    const rows = await this.#store.selectFrom("api_key").selectAll().orderBy("created_at", "desc").execute();
    return rows.map((row) => ({
      id: ApiKeyId.parse(row.id),
      name: row.name,
      prefix: row.prefix,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
    }));
  }

  /** Revoking what is not there is fine. */
  async remove(id: ApiKeyId): Promise<void> {
    await this.#store.deleteFrom("api_key").where("id", "=", id).execute();
  }

  async find(secret: string): Promise<Principal | undefined> {
    const row = await this.#store
      .selectFrom("api_key")
      .selectAll()
      .where("secret_sha256", "=", sha256(secret))
      .executeTakeFirst();
    if (!row) return undefined;
    await this.#touch(row.id, row.last_used_at);
    const role = KeyRole.parse(row.role);
    const rights = { sessionId: null, linkId: null, canControl: true, csrfToken: null, expiresAt: null };
    return { kind: "key", role, scope: `key:${row.id}`, name: row.name, ...rights };
  }

  async has(id: string): Promise<boolean> {
    const row = await this.#store.selectFrom("api_key").select("id").where("id", "=", id).executeTakeFirst();
    return row !== undefined;
  }

  async #touch(id: string, lastUsedAt: string | null): Promise<void> {
    const now = Date.now();
    if (lastUsedAt !== null && now - Date.parse(lastUsedAt) < USED_GRAIN_MS) return;
    const used = { last_used_at: new Date(now).toISOString() };
    await this.#store.updateTable("api_key").set(used).where("id", "=", id).execute();
  }
}
