import type { Reason, SessionProfile } from "@browservm/contract";
import { BrowserVmError, toBrowserVmError } from "@browservm/contract";
import { appendAudit, SYSTEM } from "../audit/audit-log.ts";
import type { NewEvent } from "../events/event-log.ts";
import type { SessionRecord } from "../sessions/session-record.ts";
import type { Store } from "../store/store.ts";
import { profileStore } from "./profile-store.ts";

const LOST = new BrowserVmError(
  "PROFILE_SAVE_FAILED",
  "the session's VM ended before its profile was saved; the version that was saved before is kept",
);

export const asReason = (error: unknown): Reason => {
  const { code, message, fix } = toBrowserVmError(error);
  return { code, message, fix };
};

/** Whether the browser holds something that is to be saved before its VM goes. */
export const mustBeSaved = (profile: SessionProfile): boolean =>
  profile.mode === "write" && ["loaded", "saving", "failed"].includes(profile.state);

/** A session that is over holds no profile. What it has not saved is lost, and that is told. */
export async function closeProfile(
  trx: Store,
  record: SessionRecord,
  append: (event: NewEvent) => Promise<void>,
): Promise<SessionRecord> {
  const { id, profile } = record;
  if (!profile) return record;
  await profileStore.releaseWriter(trx, id);
  if (!mustBeSaved(profile)) {
    const state = profile.state === "failed" ? "failed" : "released";
    return { ...record, profile: { ...profile, state } };
  }
  if (profile.state === "failed") return record;
  const failed = await noteFailure(trx, record, { profile, reason: asReason(LOST), append });
  return { ...record, profile: failed };
}

interface Failure {
  readonly profile: SessionProfile;
  readonly reason: Reason;
  readonly append: (event: NewEvent) => Promise<void>;
}

/** Writes down wherever it is looked for that a session's profile was not saved. */
export async function noteFailure(
  trx: Store,
  { id }: Pick<SessionRecord, "id">,
  { profile, reason, append }: Failure,
): Promise<SessionProfile> {
  const { id: profileId, name } = profile;
  await profileStore.setFailure(trx, profileId, id, reason);
  await appendAudit(trx, {
    action: "profile.save_failed",
    by: SYSTEM,
    sessionId: id,
    details: { profileId, name, code: reason.code },
  });
  await append({
    subject: id,
    type: "session.profile",
    data: { step: "save", status: "failed", profileId, reason },
  });
  return { ...profile, state: "failed", reason };
}
