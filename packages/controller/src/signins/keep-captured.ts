import { BrowserVmError, CreateConnection, type SigninSettings } from "@browservm/contract";
import type { ConnectionService } from "../vault/connection-service.ts";
import type { Keeping } from "../vault/renew-connection.ts";
import type { Captured } from "./recipe.ts";
import type { SigninRecord } from "./signin-record.ts";
import { changeSignin, isAt } from "./signin-writer.ts";
import { OVERTAKEN } from "./watch-attempt.ts";

export interface ToKeep {
  readonly record: SigninRecord;
  readonly settings: SigninSettings;
  readonly captured: Captured;
}

/**
 * Stores what was captured as a connection, and that the sign-in is completed: both or nothing. SIGNIN_CAPTURE_INVALID,
 * SIGNIN_SUBJECT_MISMATCH, and what the vault says.
 */
export async function keepCaptured(connections: ConnectionService, { record, settings, captured }: ToKeep) {
  const request = asRequest(record, captured);
  const keeping: Keeping = {
    signin: settings,
    also: async (connectionId, trx, append) => {
      const after = await changeSignin(trx, append, {
        id: record.id,
        next: (now) =>
          isAt(now, record.attempt)
            ? { ...now, state: "completed", connectionId, subject: request.subject ?? now.subject }
            : undefined,
      });
      // Thrown in the transaction: somebody cancelled it, so nothing is stored.
      if (after.state !== "completed") throw OVERTAKEN;
    },
  };
  const { by, renews, connectionId } = record;
  if (renews && connectionId) return connections.renew(connectionId, request, by, keeping);
  return connections.create(request, by, keeping);
}

function asRequest(record: SigninRecord, { credentials, subject }: Captured): CreateConnection {
  const named = subjectOf(record, subject);
  const parsed = CreateConnection.safeParse({
    ...credentials,
    project: record.project,
    provider: record.provider,
    ...(named === undefined ? {} : { subject: named }),
  });
  if (parsed.success) return parsed.data;
  // Where it is wrong, never what is there.
  const at = parsed.error.issues.slice(0, 3).map(({ path }) => path.join("."));
  throw new BrowserVmError("SIGNIN_CAPTURE_INVALID", `what was captured is not valid at ${at.join(", ")}`, {
    at,
  });
}

/** The account's name: as the recipe knows it, else as the caller says. */
function subjectOf({ request, subject: expected }: SigninRecord, found: string | null): string | undefined {
  if (found === null) return request.subject;
  if (expected !== null && expected !== found)
    throw new BrowserVmError(
      "SIGNIN_SUBJECT_MISMATCH",
      "somebody signed in with another account than was asked for",
    );
  return found;
}
