import { BrowserVmError, type ConnectionKind, isBrowserVmError } from "@browservm/contract";
import type { Logger } from "pino";
import type { Store } from "../store/store.ts";
import type { ConnectionTable } from "../store/tables.ts";
import { type ConnectionSecret, decodeSecret } from "./connection-secret.ts";
import { connectionStore } from "./connection-store.ts";
import type { Vault } from "./vault.ts";

export interface OpenDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly log: Logger;
}

/** A connection with its secret in plain text: in memory, and for as long as somebody needs it. */
export interface OpenConnection<K extends ConnectionKind = ConnectionKind> {
  readonly row: ConnectionTable;
  readonly secret: Extract<ConnectionSecret, { kind: K }>;
}

/** CONNECTION_NOT_FOUND, CONNECTION_UNSUITABLE when it is of no such kind, SECRET_ALTERED, and what the vault says. */
export async function openConnection<K extends ConnectionKind>(
  { store, vault, log }: OpenDeps,
  id: string,
  ...kinds: readonly [K, ...K[]]
): Promise<OpenConnection<K>> {
  const row = await connectionStore.get(store, id);
  if (!isOneOf(row.kind, kinds)) throw unsuitable(id, row.kind, kinds);
  using bytes = await vault.unlock(row, row).catch((error: unknown) => {
    if (isBrowserVmError(error, "SECRET_ALTERED"))
      log.error({ connectionId: id }, "the secret of a connection is not as it was stored");
    throw error;
  });
  const secret = decodeSecret(bytes);
  if (!isOfKind(secret, kinds)) throw unsuitable(id, secret.kind, kinds);
  return { row, secret };
}

const isOneOf = (kind: string, kinds: readonly string[]): boolean => kinds.includes(kind);

const isOfKind = <K extends ConnectionKind>(
  secret: ConnectionSecret,
  kinds: readonly K[],
): secret is Extract<ConnectionSecret, { kind: K }> => isOneOf(secret.kind, kinds);

const unsuitable = (id: string, is: string, kinds: readonly string[]) => {
  const wanted = kinds.join(" or ");
  const words = `connection ${id} is of kind ${is}; this needs ${wanted}`;
  return new BrowserVmError("CONNECTION_UNSUITABLE", words, { kind: is, wanted });
};
