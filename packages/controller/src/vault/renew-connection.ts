import {
  BrowserVmError,
  type ConnectionId,
  type CreateConnection,
  type SigninSettings,
} from "@browservm/contract";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import type { NewEvent } from "../events/event-log.ts";
import type { Store } from "../store/store.ts";
import { secretOf } from "./connection-secret.ts";
import { connectionStore } from "./connection-store.ts";
import { healthEvent, judgeByTime } from "./health.ts";
import type { SecretWriter } from "./secret-writer.ts";

/** What becomes true with a connection, in the same transaction. */
export interface Keeping {
  /** How it was signed in. */
  readonly signin?: SigninSettings;
  readonly also?: (id: ConnectionId, trx: Store, append: (event: NewEvent) => Promise<void>) => Promise<void>;
}

export interface Renewal {
  readonly id: ConnectionId;
  readonly request: CreateConnection;
  readonly by: Asker;
  readonly keeping: Keeping;
}

/** A refresh that ends meanwhile makes a new version; more than this in a row is a fault. */
const TRIES = 5;

export const signedIn = ({ signin }: Keeping) => (signin === undefined ? {} : { signin });

/** New credentials of the same account. CONNECTION_UNSUITABLE for another kind, SIGNIN_SUBJECT_MISMATCH. */
export async function renewConnection(
  deps: { readonly store: Store; readonly writer: SecretWriter },
  renewal: Renewal,
): Promise<void> {
  for (let left = TRIES; left > 0; left -= 1) if (await tryToRenew(deps, renewal)) return;
  throw new Error(`connection ${renewal.id} changes again and again`);
}

async function tryToRenew(
  { store, writer }: { readonly store: Store; readonly writer: SecretWriter },
  { id, request, by, keeping }: Renewal,
): Promise<boolean> {
  const row = await connectionStore.get(store, id);
  refuseOther(row, request);
  const at = new Date().toISOString();
  const version = row.version + 1;
  const secret = { ...secretOf(request, at), ...signedIn(keeping) };
  return writer.write({ ...row, version }, secret, async (envelope, trx, append) => {
    const { scopes, expiresAt, isRenewable } = shownOf(request);
    const found = isRenewable
      ? ({ health: "ok", reason: null } as const)
      : judgeByTime(expiresAt, Date.parse(at));
    const { numUpdatedRows } = await trx
      .updateTable("connection")
      .set({
        ...envelope,
        version,
        subject: row.subject ?? request.subject ?? null,
        scopes_json: JSON.stringify(scopes),
        expires_at: expiresAt,
        renewable: isRenewable ? 1 : 0,
        health: found.health,
        health_reason: found.reason,
        health_at: at,
        rotated_at: at,
      })
      .where("id", "=", id)
      .where("version", "=", row.version)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await appendAudit(trx, { action: "connection.renewed", by, connectionId: id, details: { version } });
    if (row.health !== found.health) await append(healthEvent(id, row.health, found.health));
    await keeping.also?.(id, trx, append);
    return true;
  });
}

function refuseOther(
  row: { id: string; kind: string; subject: string | null },
  request: CreateConnection,
): void {
  if (row.kind !== request.kind)
    throw new BrowserVmError("CONNECTION_UNSUITABLE", `connection ${row.id} is of kind ${row.kind}`, {
      kind: row.kind,
      wanted: request.kind,
    });
  if (row.subject !== null && row.subject !== request.subject)
    throw new BrowserVmError("SIGNIN_SUBJECT_MISMATCH", `connection ${row.id} is another account's`);
}

/** The columns that show what is in the secret. */
export function shownOf(request: CreateConnection) {
  if (request.kind !== "oauth")
    return { expiresAt: request.expiresAt ?? null, scopes: [], isRenewable: false };
  const { expiresAt, scopes, refreshToken } = request.tokens;
  return { expiresAt: expiresAt ?? null, scopes, isRenewable: refreshToken !== undefined };
}
