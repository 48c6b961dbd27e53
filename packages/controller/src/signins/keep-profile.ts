import type { Profile, SessionId } from "@browservm/contract";
import type { ProfileService } from "../profiles/profile-service.ts";
import { profileStore } from "../profiles/profile-store.ts";
import type { SessionProfiles } from "../profiles/session-profiles.ts";
import type { Store } from "../store/store.ts";
import type { SigninRecord } from "./signin-record.ts";
import { signinStore } from "./signin-store.ts";

export interface ProfileKeeping {
  readonly store: Store;
  readonly profiles: Pick<SessionProfiles, "save">;
  readonly kept: Pick<ProfileService, "remove">;
}

/**
 * Stores what a sign-in yields, with its browser as a new profile where that was asked for: both, or neither. If we die
 * between the two, `removeLeftProfile` makes it neither.
 */
export async function withKeptProfile(
  deps: ProfileKeeping,
  { record, sessionId, signal }: { record: SigninRecord; sessionId: SessionId; signal: AbortSignal },
  store: () => Promise<unknown>,
): Promise<void> {
  const { profile: name } = record.request;
  if (name === undefined) return void (await store());
  await removeLeftProfile(deps, record);
  const profile = await deps.profiles.save(sessionId, { saveAs: name }, record.by);
  try {
    signal.throwIfAborted();
    await store();
  } catch (error) {
    await remove(deps, profile, record);
    throw error;
  }
}

/** Removes the profile that an attempt has left which came to nothing after all. */
export async function removeLeftProfile(
  deps: Pick<ProfileKeeping, "store" | "kept">,
  record: SigninRecord,
): Promise<void> {
  const { profile: name } = record.request;
  if (name === undefined || record.state === "completed") return;
  const known = await profileStore.named(deps.store, record.project, name);
  if (!known) return;
  const sessions: readonly string[] = await signinStore.sessionsOf(deps.store, record);
  if (known.version === 1 && known.saved_from !== null && sessions.includes(known.saved_from))
    await deps.kept.remove(known.id as Profile["id"], record.by);
}

const remove = (deps: ProfileKeeping, { id }: Profile, { by }: SigninRecord) => deps.kept.remove(id, by);
