import { randomBytes } from "node:crypto";
import {
  type AuditEntry,
  BrowserVmError,
  type Connection,
  ConnectionId,
  type CreateConnection,
  type ErrorCode,
  makeId,
  type SessionId,
  type VaultStatus,
} from "@browservm/contract";
import { auditFact, connectionFact } from "../../packages/web/src/lib/testing/connection-facts.ts";

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const SHUT = {
  locked: "VAULT_LOCKED",
  wrong_key: "VAULT_KEY_WRONG",
  unusable_key: "VAULT_KEY_UNUSABLE",
} as const;

interface Asked {
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  readonly body: unknown;
}

/** Connections, their vault and the audit log, as they are told of. Secrets that come in are kept for the test to look at. */
export class MockConnections {
  connections: Connection[] = [];
  entries: AuditEntry[] = [];
  /** Requests with the secrets that were sent. */
  readonly stored: CreateConnection[] = [];
  vault: VaultStatus = {
    state: "open",
    reason: null,
    keyFrom: "file",
    keyVersion: 1,
    connections: 0,
    profiles: 0,
    waiting: 0,
  };
  /** The entry that somebody changed. */
  brokenAt: number | null = null;
  /** What a refresh is refused with. */
  refusal: ErrorCode | null = null;

  add(over: Partial<Connection> = {}): Connection {
    const id = ConnectionId.parse(makeId("con", randomBytes(20)));
    const now = { healthAt: ago(600), createdAt: ago(90_000), usedAt: ago(120), rotatedAt: ago(1800) };
    const expiresAt = ago(-3660);
    const made = connectionFact({ id, ...now, expiresAt, ...over });
    this.connections.unshift(made);
    return made;
  }

  write(over: Partial<AuditEntry> = {}): AuditEntry {
    const seq = this.entries.length + 1;
    const entry = auditFact({ seq, at: ago(600 - seq), hash: String(seq).padStart(64, "a"), ...over });
    this.entries.unshift(entry);
    return entry;
  }

  /** The answer of a route that is about connections, the vault or the log; undefined: it is not. */
  answer(name: string, { params, query, body }: Asked): unknown {
    if (name === "listConnections") return page(this.connections, query, (one) => one.id);
    if (name === "getConnection") return this.#find(params.id);
    if (name === "createConnection") return this.#create(body as CreateConnection);
    if (name === "removeConnection") return this.#remove(params.id);
    if (name === "refreshConnection") return this.#refresh(params.id);
    if (name === "useConnection") return this.#use(params.id, body as { connectionId: string });
    if (name === "vault") return { ...this.vault, connections: this.connections.length };
    if (name === "rotateVault") return this.#rotate();
    if (name === "listAudit") return this.#list(query);
    if (name === "verifyAudit")
      return {
        ok: this.brokenAt === null,
        entries: this.entries.length,
        brokenAt: this.brokenAt,
        headHash: this.entries[0]?.hash ?? "0".repeat(64),
      };
    return undefined;
  }

  /** The whole log as it is exported. */
  get exported(): string {
    return this.entries
      .toReversed()
      .map((entry) => `${JSON.stringify(entry)}\n`)
      .join("");
  }

  #create(request: CreateConnection): Connection {
    this.#needsVault();
    this.stored.push(request);
    const { kind, provider, subject = null } = request;
    const scopes = request.kind === "oauth" ? request.tokens.scopes : [];
    return this.add({ kind, provider, subject, scopes, usedAt: null, rotatedAt: null, createdAt: ago(0) });
  }

  #refresh(id: string | undefined): Connection {
    this.#needsVault();
    if (this.refusal) throw new BrowserVmError(this.refusal, "the provider said invalid_grant");
    return Object.assign(this.#find(id), { health: "ok", healthReason: null, rotatedAt: ago(0) });
  }

  #use(sessionId: string | undefined, { connectionId }: { connectionId: string }): object {
    this.#needsVault();
    const { id, kind } = this.#find(connectionId);
    this.write({
      action: "connection.injected",
      connectionId: id,
      sessionId: sessionId as SessionId,
      details: {},
    });
    return kind === "cookies"
      ? { connectionId: id, paths: [], browser: { cookies: 3, origins: 1, refusedCookies: 1 } }
      : { connectionId: id, paths: [".codex/auth.json"] };
  }

  #rotate(): VaultStatus {
    this.#needsVault();
    const { keyVersion } = this.vault;
    this.vault = { ...this.vault, keyVersion: (keyVersion ?? 0) + 1, waiting: this.connections.length };
    return { ...this.vault, connections: this.connections.length };
  }

  #list(query: Record<string, string>): object {
    const before = Number(query.cursor ?? Number.POSITIVE_INFINITY);
    const limit = Number(query.limit ?? 50);
    const fits = this.entries.filter(
      ({ seq, connectionId }) => seq < before && (!query.connection || query.connection === connectionId),
    );
    const data = fits.slice(0, limit);
    return { data, nextCursor: fits.length > limit ? data.at(-1)?.seq : null };
  }

  #needsVault(): void {
    const { state, reason } = this.vault;
    if (state !== "open") throw new BrowserVmError(SHUT[state], reason ?? "no key");
  }

  #remove(id: string | undefined): object {
    const found = this.#find(id);
    this.connections = this.connections.filter((one) => one !== found);
    return {};
  }

  #find(id: string | undefined): Connection {
    const found = this.connections.find((one) => one.id === id);
    if (!found) throw new BrowserVmError("CONNECTION_NOT_FOUND", `there is no connection ${id}`);
    return found;
  }
}

/** A page of a list whose cursor is the id of the last one before. */
export function page<T>(all: readonly T[], query: Record<string, string>, idOf: (one: T) => string): object {
  const limit = Number(query.limit ?? 50);
  const from = query.cursor === undefined ? 0 : all.findIndex((one) => idOf(one) === query.cursor) + 1;
  const data = all.slice(from, from + limit);
  const last = data.at(-1);
  return { data, nextCursor: from + limit < all.length && last !== undefined ? idOf(last) : null };
}
