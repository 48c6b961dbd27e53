import { createHash } from "node:crypto";
import { BrowserVmError, SessionId } from "@browservm/contract";
import type { Store } from "../store/store.ts";

/** What a caller gave so that a repeat makes nothing new. */
export interface RepeatKey {
  /** Whose key it is. */
  readonly scope: string;
  readonly key: string;
  /** Of the request as it was understood: order and spaces of the JSON do not matter. */
  readonly bodySha256: string;
}

export function bodyHash(body: unknown): string {
  return createHash("sha256").update(canonical(body)).digest("hex");
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/**
 * The session that this key already made, or undefined after the key was bound to `sessionId`.
 * IDEMPOTENCY_CONFLICT when the key came with another request.
 */
export async function claim(
  db: Store,
  repeat: RepeatKey,
  sessionId: SessionId,
): Promise<SessionId | undefined> {
  const { scope, key, bodySha256 } = repeat;
  const known = await db
    .selectFrom("idempotency")
    .selectAll()
    .where("scope", "=", scope)
    .where("key", "=", key)
    .executeTakeFirst();
  if (!known) {
    await db
      .insertInto("idempotency")
      .values({
        scope,
        key,
        body_sha256: bodySha256,
        session_id: sessionId,
        created_at: new Date().toISOString(),
      })
      .execute();
    return undefined;
  }
  if (known.body_sha256 !== bodySha256) {
    throw new BrowserVmError("IDEMPOTENCY_CONFLICT", "this Idempotency-Key came before with another body", {
      key,
    });
  }
  return SessionId.parse(known.session_id);
}

/** The request came to nothing: its key may be used again. */
export async function release(db: Store, sessionId: SessionId): Promise<void> {
  await db.deleteFrom("idempotency").where("session_id", "=", sessionId).execute();
}

export async function forgetClaimsBefore(db: Store, at: string): Promise<void> {
  await db.deleteFrom("idempotency").where("created_at", "<", at).execute();
}
