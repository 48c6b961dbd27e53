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

/** CONNECTION_NOT_FOUND, CONNECTION_UNSUITABLE when it is of another kind, SECRET_ALTERED, and what the vault says. */
export async function openConnection<K extends ConnectionKind>(
  { store, vault, log }: OpenDeps,
  id: string,
  kind: K,
): Promise<OpenConnection<K>> {
  const row = await connectionStore.get(store, id);
  if (row.kind !== kind) throw unsuitable(id, row.kind, kind);
  using bytes = await vault.unlock(row, row).catch((error: unknown) => {
    if (isBrowserVmError(error, "SECRET_ALTERED"))
      log.error({ connectionId: id }, "the secret of a connection is not as it was stored");
    throw error;
  });
  const secret = decodeSecret(bytes);
  if (!isOfKind(secret, kind)) throw unsuitable(id, secret.kind, kind);
  return { row, secret };
}

const isOfKind = <K extends ConnectionKind>(
  secret: ConnectionSecret,
  kind: K,
): secret is Extract<ConnectionSecret, { kind: K }> => secret.kind === kind;

const unsuitable = (id: string, is: string, wanted: string) =>
  new BrowserVmError("CONNECTION_UNSUITABLE", `connection ${id} is of kind ${is}; this needs ${wanted}`, {
    kind: is,
    wanted,
  });
