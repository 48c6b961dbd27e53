import { BrowserVmError, isBrowserVmError, type SessionId, type SessionProfile } from "@browservm/contract";
import type { SessionRecord } from "../sessions/session-record.ts";
import { isLive } from "../sessions/session-status.ts";
import { sessionStore } from "../sessions/session-store.ts";
import type { Store } from "../store/store.ts";
import type { ProfileTable } from "../store/tables.ts";
import { profileStore, type SavedVersion } from "./profile-store.ts";

/** Errors that say what is wrong with the profile itself. */
const OWN_WORDS = /^(PROFILE|VAULT|DISK|BROWSER_UNAVAILABLE)/;

/** Undefined for a session that is over: what became of its profile is written down. */
export const withProfile = (record: SessionRecord, to: Partial<SessionProfile>): SessionRecord | undefined =>
  record.profile && isLive(record.status) ? { ...record, profile: { ...record.profile, ...to } } : undefined;

/** The next version, and that the session has it: both, or neither. */
export async function putHeld(
  trx: Store,
  profileId: string,
  sessionId: SessionId,
  saved: SavedVersion,
): Promise<boolean> {
  if (!(await profileStore.commit(trx, profileId, sessionId, saved))) return false;
  const now = await sessionStore.get(trx, sessionId);
  const state = now.status === "ending" ? "released" : "loaded";
  const next = withProfile(now, { state, reason: null, version: saved.version });
  if (next) await sessionStore.update(trx, next);
  return true;
}

export const told = ({ id }: SessionProfile, data: Record<string, unknown>) => ({
  type: "session.profile",
  data: { profileId: id, ...data },
});

export const inUse = ({ name, writer, writer_since }: ProfileTable) =>
  new BrowserVmError("PROFILE_IN_USE", `session ${writer} writes the profile ${name}`, {
    sessionId: writer,
    since: writer_since,
  });

/** What is wrong with the profile as it is; what else went wrong as the cause. */
export function inWordsOfProfiles(
  error: unknown,
  code: "PROFILE_LOAD_FAILED" | "PROFILE_SAVE_FAILED",
): BrowserVmError {
  if (error instanceof BrowserVmError && OWN_WORDS.test(error.code)) return error;
  // Of hostd, which has the same limit.
  if (isBrowserVmError(error, "FILE_TOO_LARGE"))
    return new BrowserVmError("PROFILE_TOO_LARGE", error.message, error.details);
  const cause =
    error instanceof BrowserVmError ? error.code : isTimeout(error) ? "DEADLINE_EXCEEDED" : "INTERNAL";
  const words = error instanceof BrowserVmError ? `: ${error.message}` : "";
  return new BrowserVmError(code, `${cause}${words}`, { cause }, { cause: error });
}

const isTimeout = (error: unknown) =>
  error instanceof Error && (error.name === "TimeoutError" || error.name === "AbortError");
