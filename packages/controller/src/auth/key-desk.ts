import { randomBytes } from "node:crypto";
import {
  type ApiKey,
  ApiKeyId,
  ApiKey as ApiKeySchema,
  BrowserVmError,
  type CreateApiKey,
  DEFAULT_PROJECT,
  type Grant,
  KEY_ROLE_GRANTS,
  machineScopes,
  makeId,
} from "@browservm/contract";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import { inWriting } from "../store/writing.ts";
import { grantsOf, type OwnedKey, ownedKeys } from "./api-keys.ts";
import { covers, giftOf, mustCover, mustOutlast } from "./delegation.ts";
import type { Principal } from "./principal.ts";
import { newSecret, SECRET_PREFIX, sha256 } from "./secrets.ts";

const SHOWN_CHARS = 10;

/** Who works on keys, and how the audit log names them. */
export interface KeyMaker {
  readonly principal: Principal;
  readonly by: Asker;
}

type SecretKey = ApiKey & { secret: string };

/** Makes, lists, rotates and revokes keys: none that is stronger than who asks. A secret is told once. */
export class KeyDesk {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** GRANT_TOO_STRONG, BAD_REQUEST for a scope that no key of a project can have. */
  async create(request: CreateApiKey, { principal, by }: KeyMaker): Promise<SecretKey> {
    const scopes = request.scopes ?? KEY_ROLE_GRANTS[request.role ?? "user"];
    const project = projectOf(request, principal);
    const expiresAt = endOf(request, principal);
    refuseMachineScopes(scopes, project);
    mustCover(principal, giftOf(scopes, project));
    mustOutlast(principal, expiresAt);
    const secret = newSecret(SECRET_PREFIX.apiKey);
    const id = ApiKeyId.parse(makeId("key", randomBytes(20)));
    const row = {
      id,
      name: request.name,
      scopes_json: JSON.stringify(scopes),
      project,
      owner_id: principal.personId,
      ...secretColumns(secret),
      created_at: new Date().toISOString(),
      expires_at: expiresAt,
      last_used_at: null,
      ...NO_OLD,
    };
    await inWriting(this.#store, async (trx) => {
      await trx.insertInto("api_key").values(row).execute();
      const details = { key: id, name: row.name, scopes: scopes.join(" "), project, expiresAt };
      await appendAudit(trx, { action: "key.created", by, details });
    });
    return { ...toKey(await getKey(this.#store, id)), secret };
  }

  /** Those that the caller may work on. */
  async list(principal: Principal): Promise<ApiKey[]> {
    const rows = await ownedKeys(this.#store).orderBy("api_key.created_at", "desc").execute();
    return rows.filter((row) => isSeenBy(row, principal)).map(toKey);
  }

  /** A new secret; the old one works for the grace time. KEY_NOT_FOUND, GRANT_TOO_STRONG. */
  async rotate(id: ApiKeyId, graceSeconds: number, { principal, by }: KeyMaker): Promise<SecretKey> {
    const secret = newSecret(SECRET_PREFIX.apiKey);
    await inWriting(this.#store, async (trx) => {
      const row = await getKey(trx, id);
      if (!isSeenBy(row, principal)) throw keyNotFound(id);
      mustManage(principal, row);
      mustOutlast(principal, row.expires_at);
      const until = new Date(Date.now() + graceSeconds * 1000).toISOString();
      const fresh = secretColumns(secret);
      const old = {
        old_prefix: row.prefix,
        old_sha256: row.secret_sha256,
        old_until: until,
        old_used_at: row.last_used_at,
      };
      await trx
        .updateTable("api_key")
        .set({ ...fresh, last_used_at: null, ...(graceSeconds > 0 ? old : NO_OLD) })
        .where("id", "=", id)
        .execute();
      const details = { key: id, name: row.name, old: row.prefix, fresh: fresh.prefix, oldUntil: until };
      await appendAudit(trx, { action: "key.rotated", by, details });
    });
    return { ...toKey(await getKey(this.#store, id)), secret };
  }

  /** Revoking what is not there, or what the caller cannot see, does nothing. GRANT_TOO_STRONG. */
  async remove(id: ApiKeyId, { principal, by }: KeyMaker): Promise<void> {
    await inWriting(this.#store, async (trx) => {
      const row = await ownedKeys(trx).where("api_key.id", "=", id).executeTakeFirst();
      if (!row || !isSeenBy(row, principal)) return;
      mustManage(principal, row);
      await trx.deleteFrom("api_key").where("id", "=", id).execute();
      await appendAudit(trx, { action: "key.revoked", by, details: { key: id, name: row.name } });
    });
  }
}

const NO_OLD = { old_prefix: null, old_sha256: null, old_until: null, old_used_at: null };

const secretColumns = (secret: string) => ({
  prefix: secret.slice(0, SHOWN_CHARS),
  secret_sha256: sha256(secret),
});

function projectOf({ project, role }: CreateApiKey, principal: Principal): string | null {
  if (project !== undefined) return project;
  if (principal.project !== null) return principal.project;
  return role === "admin" ? null : DEFAULT_PROJECT;
}

/** A key that ends makes keys that end with it, unless they are to end earlier. */
function endOf({ ttlSeconds }: CreateApiKey, principal: Principal): string | null {
  if (ttlSeconds !== undefined) return new Date(Date.now() + ttlSeconds * 1000).toISOString();
  return principal.kind === "key" ? principal.expiresAt : null;
}

function refuseMachineScopes(scopes: readonly Grant[], project: string | null): void {
  const wide = project === null ? [] : machineScopes(giftOf(scopes, project).scopes);
  if (wide.length === 0) return;
  const message = `${wide.join(", ")}: about the whole machine, so not for a key of one project`;
  throw new BrowserVmError("BAD_REQUEST", `body.scopes: ${message}`, {
    issues: [{ path: "body.scopes", message }],
  });
}

/** Keys of other people are seen by who manages people; what a key made is seen by keys that are as strong. */
function isSeenBy(row: OwnedKey, principal: Principal): boolean {
  if (principal.may.has("people:write")) return true;
  if (principal.personId !== null) return row.owner_id === principal.personId && isInReach(row, principal);
  return row.owner_id === null && covers(principal, giftOf(grantsOf(row), row.project));
}

const isInReach = (row: OwnedKey, { project }: Principal) => project === null || row.project === project;

/** One's own keys can never do more than oneself, whatever they were given. */
function mustManage(principal: Principal, row: OwnedKey): void {
  const isOwn = principal.kind === "cookie" && row.owner_id !== null && row.owner_id === principal.personId;
  if (!isOwn) mustCover(principal, giftOf(grantsOf(row), row.project));
}

async function getKey(store: Store, id: ApiKeyId): Promise<OwnedKey> {
  const row = await ownedKeys(store).where("api_key.id", "=", id).executeTakeFirst();
  if (!row) throw keyNotFound(id);
  return row;
}

const keyNotFound = (id: ApiKeyId) => new BrowserVmError("KEY_NOT_FOUND", `there is no key ${id}`, { id });

function toKey(row: OwnedKey): ApiKey {
  const isOldGood = row.old_until !== null && row.old_until > new Date().toISOString();
  return ApiKeySchema.parse({
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: grantsOf(row),
    project: row.project,
    owner:
      row.owner_id === null
        ? null
        : { id: row.owner_id, name: row.owner_name ?? "", disabled: row.owner_disabled === 1 },
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    old: isOldGood ? { prefix: row.old_prefix, until: row.old_until, lastUsedAt: row.old_used_at } : null,
  });
}
