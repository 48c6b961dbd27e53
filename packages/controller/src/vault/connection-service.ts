import { randomBytes } from "node:crypto";
import {
  type AccessToken,
  type BrowserState,
  BrowserVmError,
  type Connection,
  ConnectionId,
  type CreateConnection,
  DEFAULT_PROJECT,
  makeId,
  type SecretFile,
  type SessionId,
  type TakenState,
} from "@browservm/contract";
import type { Logger } from "pino";
import { type Asker, appendAudit, type NewEntry } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import { inWriting } from "../store/writing.ts";
import { type ConnectionSecret, type OAuthSecret, secretOf } from "./connection-secret.ts";
import { type ConnectionListQuery, connectionStore, toConnection } from "./connection-store.ts";
import { judgeByTime } from "./health.ts";
import { nextCheck } from "./health-keeper.ts";
import { openConnection } from "./open-connection.ts";
import type { Refresher } from "./refresher.ts";
import { type Keeping, renewConnection, shownOf, signedIn } from "./renew-connection.ts";
import type { SecretWriter } from "./secret-writer.ts";
import type { Vault } from "./vault.ts";

export interface ConnectionServiceDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly writer: SecretWriter;
  readonly refresher: Refresher;
  readonly log: Logger;
  readonly limit: number;
  readonly checkSeconds: number;
}

/** Writes a connection's files into a session's VM. */
export type PutFiles = (files: readonly SecretFile[]) => Promise<void>;

/** Where a connection goes. */
export interface Injection {
  readonly sessionId: SessionId;
  readonly by: Asker;
  readonly put: PutFiles;
  readonly putState: (state: BrowserState) => Promise<TakenState>;
}

/** What a connection has brought into a session. */
export interface Injected {
  readonly paths: string[];
  readonly browser: TakenState | null;
}

/** Connections: made, listed, used, deleted. Nothing is handed out before the audit log has it. */
export class ConnectionService {
  readonly #deps: ConnectionServiceDeps;

  constructor(deps: ConnectionServiceDeps) {
    this.#deps = deps;
  }

  /** CONNECTION_LIMIT, and what the vault says. */
  async create(request: CreateConnection, by: Asker, keeping: Keeping = {}): Promise<Connection> {
    const { store, writer, limit, checkSeconds } = this.#deps;
    const now = new Date();
    const row = newRow(request, now, checkSeconds);
    const secret = { ...secretOf(request, now.toISOString()), ...signedIn(keeping) };
    await writer.write(row, secret, async (envelope, trx, append) => {
      if ((await connectionStore.count(trx)) >= limit)
        throw new BrowserVmError("CONNECTION_LIMIT", `there are ${limit} connections`, { limit });
      await trx
        .insertInto("connection")
        .values({ ...row, ...envelope })
        .execute();
      const details = { kind: row.kind, provider: row.provider, subject: row.subject };
      await appendAudit(trx, { action: "connection.created", by, connectionId: row.id, details });
      await keeping.also?.(row.id, trx, append);
    });
    return toConnection(await connectionStore.get(store, row.id));
  }

  /** Puts new credentials in the place of what a connection has; everything that names it stays good. */
  async renew(
    id: ConnectionId,
    request: CreateConnection,
    by: Asker,
    keeping: Keeping = {},
  ): Promise<Connection> {
    await renewConnection(this.#deps, { id, request, by, keeping });
    return this.get(id);
  }

  list(query: ConnectionListQuery) {
    return connectionStore.list(this.#deps.store, query);
  }

  async get(id: ConnectionId): Promise<Connection> {
    return toConnection(await connectionStore.get(this.#deps.store, id));
  }

  /** CONNECTION_NOT_FOUND. Works while the vault is shut, too. */
  async remove(id: ConnectionId, by: Asker): Promise<void> {
    await inWriting(this.#deps.store, async (trx) => {
      const { kind, provider, subject } = await connectionStore.get(trx, id);
      await trx.deleteFrom("connection").where("id", "=", id).execute();
      await trx.deleteFrom("connection_lease").where("connection_id", "=", id).execute();
      const details = { kind, provider, subject };
      await appendAudit(trx, { action: "connection.deleted", by, connectionId: id, details });
    });
  }

  /** An access token that is good for a while. CONNECTION_NEEDS_USER, PROVIDER_DOWN, CONNECTION_UNSUITABLE. */
  async token(id: ConnectionId, by: Asker): Promise<AccessToken> {
    const { secret } = await this.#deps.refresher.fresh(id, { by });
    await this.#used({ action: "connection.token_read", by, connectionId: id });
    return { ...handedOut(secret), tokenType: "Bearer" };
  }

  /** Fresh tokens now, whatever is there. Errors as for `token`. */
  async refresh(id: ConnectionId, by: Asker): Promise<Connection> {
    await this.#deps.refresher.fresh(id, { by, isForced: true });
    return this.get(id);
  }

  /** Access tokens as variables of one command in a session's VM. */
  async environment(
    map: Readonly<Record<string, ConnectionId>>,
    sessionId: SessionId,
    by: Asker,
  ): Promise<Record<string, string>> {
    const variables: Record<string, string> = {};
    for (const [name, id] of Object.entries(map)) {
      const { secret } = await this.#deps.refresher.fresh(id, { by });
      const details = { variable: name };
      await this.#used({ action: "connection.token_injected", by, connectionId: id, sessionId, details });
      variables[name] = secret.accessToken;
    }
    return variables;
  }

  /**
   * Puts a connection's files into a session, or its cookies and storage into the session's browser. Answers the paths, or
   * what the browser took. CONNECTION_UNSUITABLE for other kinds.
   */
  async inject(id: ConnectionId, { sessionId, by, put, putState }: Injection): Promise<Injected> {
    const { secret } = await openConnection<"files" | "cookies">(this.#deps, id, "files", "cookies");
    const entry = { action: "connection.injected", by, connectionId: id, sessionId } as const;
    if (secret.kind === "cookies") {
      const { cookies, storage } = secret;
      await this.#used({ ...entry, details: { cookies: cookies.length, origins: storage.length } });
      return { paths: [], browser: await putState({ cookies, storage }) };
    }
    await this.#used({ ...entry, details: { files: secret.files.length } });
    await put(secret.files);
    return { paths: secret.files.map(({ path }) => path), browser: null };
  }

  async #used(entry: NewEntry & { readonly connectionId: ConnectionId }): Promise<void> {
    await inWriting(this.#deps.store, async (trx) => {
      const used = { used_at: new Date().toISOString() };
      const { numUpdatedRows } = await trx
        .updateTable("connection")
        .set(used)
        .where("id", "=", entry.connectionId)
        .executeTakeFirst();
      if (numUpdatedRows === 0n)
        throw new BrowserVmError("CONNECTION_NOT_FOUND", `connection ${entry.connectionId} was deleted`);
      await appendAudit(trx, entry);
    });
  }
}

const handedOut = ({ accessToken, expiresAt, scopes }: OAuthSecret) => ({ accessToken, expiresAt, scopes });

function newRow(request: CreateConnection, now: Date, checkSeconds: number) {
  const at = now.toISOString();
  const { expiresAt, scopes, isRenewable } = shownOf(request);
  const found = isRenewable ? { health: "ok", reason: null } : judgeByTime(expiresAt, now.getTime());
  return {
    id: ConnectionId.parse(makeId("con", randomBytes(20))),
    project: request.project ?? DEFAULT_PROJECT,
    kind: request.kind satisfies ConnectionSecret["kind"],
    provider: request.provider,
    subject: request.subject ?? null,
    scopes_json: JSON.stringify(scopes),
    expires_at: expiresAt,
    renewable: isRenewable ? 1 : 0,
    health: found.health,
    health_reason: found.reason,
    health_at: at,
    next_check_at: nextCheck(checkSeconds, now.getTime()),
    created_at: at,
    used_at: null,
    rotated_at: null,
    version: 1,
  };
}
