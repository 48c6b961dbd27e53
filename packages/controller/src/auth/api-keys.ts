import { Grant, PersonId, ROLE_GRANTS, Role, type Scope, scopesOf } from "@browservm/contract";
import { z } from "zod";
import type { Store } from "../store/store.ts";
import type { ApiKeyTable } from "../store/tables.ts";
import type { Principal } from "./principal.ts";
import { sha256 } from "./secrets.ts";

const Grants = z.array(Grant);
/** `lastUsedAt` is this exact, in milliseconds: not every request is worth a write. */
const USED_GRAIN_MS = 60_000;

/** A key with what bounds it: the role of the person whose it is. */
export interface OwnedKey extends ApiKeyTable {
  readonly owner_name: string | null;
  readonly owner_role: string | null;
  readonly owner_disabled: number | null;
}

/** Knows keys by their secrets. The database holds hashes only. */
export class ApiKeys {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async find(secret: string): Promise<Principal | undefined> {
    const hash = sha256(secret);
    const row = await ownedKeys(this.#store)
      .where(({ eb, or }) => or([eb("secret_sha256", "=", hash), eb("old_sha256", "=", hash)]))
      .executeTakeFirst();
    if (!row) return undefined;
    const expiresAt = endOf(row, hash);
    if (expiresAt !== null && expiresAt <= new Date().toISOString()) return undefined;
    if (row.owner_disabled === 1) return undefined;
    await this.#touch(row, hash);
    return asPrincipal(row, hash, expiresAt);
  }

  /** Whether what a key once let in may still be there: the same secret works, and allows no less. */
  async isStillGood({ scope, secretSha256, may }: Principal): Promise<boolean> {
    const row = await ownedKeys(this.#store)
      .where("api_key.id", "=", scope.replace(/^key:/, ""))
      .executeTakeFirst();
    if (!row || secretSha256 === null || row.owner_disabled === 1) return false;
    if (row.secret_sha256 !== secretSha256 && row.old_sha256 !== secretSha256) return false;
    const expiresAt = endOf(row, secretSha256);
    if (expiresAt !== null && expiresAt <= new Date().toISOString()) return false;
    const allowed = allowedBy(row);
    return [...may].every((scope) => allowed.has(scope));
  }

  async #touch(row: ApiKeyTable, hash: string): Promise<void> {
    const isOld = row.old_sha256 === hash;
    const column = isOld ? "old_used_at" : "last_used_at";
    const before = row[column];
    const now = Date.now();
    if (before !== null && now - Date.parse(before) < USED_GRAIN_MS) return;
    const used = { [column]: new Date(now).toISOString() };
    await this.#store.updateTable("api_key").set(used).where("id", "=", row.id).execute();
  }
}

/** Keys, each with its owner. */
export function ownedKeys(store: Store) {
  return store
    .selectFrom("api_key")
    .leftJoin("person", "person.id", "api_key.owner_id")
    .selectAll("api_key")
    .select(["person.name as owner_name", "person.role as owner_role", "person.disabled as owner_disabled"]);
}

export const grantsOf = ({ scopes_json }: Pick<ApiKeyTable, "scopes_json">): Grant[] =>
  Grants.parse(JSON.parse(scopes_json));

/** What a key allows: never more than its owner may. */
function allowedBy(row: OwnedKey): ReadonlySet<Scope> {
  const scopes = scopesOf(grantsOf(row));
  if (row.owner_id === null) return scopes;
  // Its owner is gone: the row goes with the person, and until then allows nothing.
  if (row.owner_role === null) return new Set();
  const ofOwner = scopesOf(ROLE_GRANTS[Role.parse(row.owner_role)]);
  return new Set([...scopes].filter((scope) => ofOwner.has(scope)));
}

/** When this secret of the key stops working. */
function endOf({ expires_at, old_sha256, old_until }: ApiKeyTable, hash: string): string | null {
  if (old_sha256 !== hash) return expires_at;
  const until = old_until ?? new Date(0).toISOString();
  return expires_at === null || until < expires_at ? until : expires_at;
}

function asPrincipal(row: OwnedKey, hash: string, expiresAt: string | null): Principal {
  const may = allowedBy(row);
  return {
    kind: "key",
    role: null,
    may,
    project: row.project,
    personId: row.owner_id === null ? null : PersonId.parse(row.owner_id),
    scope: `key:${row.id}`,
    name: row.name,
    sessionId: null,
    linkId: null,
    canControl: may.has("sessions:write"),
    csrfToken: null,
    expiresAt,
    secretSha256: hash,
  };
}
