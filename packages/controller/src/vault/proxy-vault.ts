import { randomBytes } from "node:crypto";
import {
  BrowserVmError,
  type EgressPolicy,
  type EgressProxy,
  makeId,
  type NewEgress,
  type NewEgressProxy,
  ProxyCredentials,
  ProxyCredentialsId,
  proxyKey,
  readProxyUrl,
} from "@browservm/contract";
import { sql } from "kysely";
import { KeyedLock } from "../sessions/keyed-lock.ts";
import type { Store } from "../store/store.ts";
import type { ProxyCredentialsTable } from "../store/tables.ts";
import { placeOfProxy } from "./proxy-place.ts";
import type { SecretWriter } from "./secret-writer.ts";
import type { Vault } from "./vault.ts";

export interface ProxyVaultDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly writer: SecretWriter;
}

/** They may have been kept, again or for the first time, a moment before the session that names them is written. */
const UNUSED_MS = 600_000;

/** Credentials of proxies, sealed to their proxy's address. What leaves here of a policy says only their id. */
export class ProxyVault {
  readonly #deps: ProxyVaultDeps;
  readonly #locks = new KeyedLock();

  constructor(deps: ProxyVaultDeps) {
    this.#deps = deps;
  }

  /**
   * A policy as it may be stored, with the credentials in it kept. An id counts only if `before` has it for the same
   * address. PROXY_CREDENTIALS_UNKNOWN, VAULT_LOCKED.
   */
  async keep(policy: NewEgress, before?: EgressPolicy): Promise<EgressPolicy> {
    const { proxy, ...rest } = policy;
    return proxy ? { ...rest, proxy: await this.#keepProxy(proxy, before?.proxy) } : rest;
  }

  /** PROXY_CREDENTIALS_UNKNOWN when nobody has them any more; SECRET_ALTERED, VAULT_LOCKED. */
  async open(id: ProxyCredentialsId): Promise<ProxyCredentials> {
    const { store } = this.#deps;
    const row = await store
      .selectFrom("proxy_credentials")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    if (!row) throw new BrowserVmError("PROXY_CREDENTIALS_UNKNOWN", `there are no credentials ${id}`);
    return this.#unlock(row);
  }

  /** Forgets those that no session, pool or sign-in names that lives, or can be retried. */
  async tidy(): Promise<void> {
    const before = new Date(Date.now() - UNUSED_MS).toISOString();
    const { store } = this.#deps;
    await store
      .deleteFrom("proxy_credentials")
      .where("created_at", "<", before)
      .where(({ not, or, exists, selectFrom }) => {
        const session = selectFrom("session").select("session.id").where("session.ended_at", "is", null);
        const signin = selectFrom("signin").select("signin.id").where("signin.secret", "is not", null);
        const pool = selectFrom("pool").select("pool.name");
        return not(
          or([
            exists(session.where(isNamedIn("session.request_json"))),
            exists(signin.where(isNamedIn("signin.request_json"))),
            exists(pool.where(isNamedIn("pool.egress_json"))),
          ]),
        );
      })
      .execute();
  }

  async #keepProxy(
    { credentials, ...proxy }: NewEgressProxy,
    before: EgressProxy | undefined,
  ): Promise<EgressProxy> {
    if (credentials === undefined) return proxy;
    const address = keyOf(proxy.url);
    if (typeof credentials !== "string")
      return {
        ...proxy,
        credentials: await this.#locks.run(address, () => this.#store(address, credentials)),
      };
    if (before?.credentials === credentials && keyOf(before.url) === address)
      return { ...proxy, credentials };
    throw new BrowserVmError(
      "PROXY_CREDENTIALS_UNKNOWN",
      `${credentials} are not what it has for ${address}`,
    );
  }

  /** The same again are the same: a request that is repeated is no other one. */
  async #store(address: string, credentials: ProxyCredentials): Promise<ProxyCredentialsId> {
    const known = await this.#find(address, credentials);
    if (known && (await this.#renew(known))) return known;
    const id = ProxyCredentialsId.parse(makeId("pxc", randomBytes(20)));
    const created_at = new Date().toISOString();
    const encode = () => Buffer.from(JSON.stringify(credentials), "utf8");
    await this.#deps.writer.seal(placeOfProxy({ id, address, version: 1 }), encode, async (envelope, trx) => {
      await trx
        .insertInto("proxy_credentials")
        .values({ id, address, version: 1, created_at, ...envelope })
        .execute();
    });
    return id;
  }

  /** They are as new as any, lest they are tidied away before the session is written. False: they just were. */
  async #renew(id: ProxyCredentialsId): Promise<boolean> {
    const { numUpdatedRows } = await this.#deps.store
      .updateTable("proxy_credentials")
      .set({ created_at: new Date().toISOString() })
      .where("id", "=", id)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async #find(address: string, wanted: ProxyCredentials): Promise<ProxyCredentialsId | undefined> {
    const rows = await this.#deps.store
      .selectFrom("proxy_credentials")
      .selectAll()
      .where("address", "=", address)
      .execute();
    for (const row of rows) {
      // One that does not open is nobody's match; a vault that is shut says so when these are sealed.
      const known = await this.#unlock(row).catch(() => undefined);
      if (known?.username === wanted.username && known.password === wanted.password)
        return ProxyCredentialsId.parse(row.id);
    }
    return undefined;
  }

  async #unlock(row: ProxyCredentialsTable): Promise<ProxyCredentials> {
    using secret = await this.#deps.vault.unlock(placeOfProxy(row), row);
    return secret.use((bytes) => ProxyCredentials.parse(JSON.parse(bytes.toString("utf8"))));
  }
}

const isNamedIn = (column: string) =>
  sql<boolean>`instr(${sql.ref(column)}, ${sql.ref("proxy_credentials.id")}) > 0`;

const keyOf = (url: string): string => {
  const address = readProxyUrl(url);
  if (address.kind === "bad") throw new BrowserVmError("BAD_REQUEST", address.why);
  return proxyKey(address);
};
