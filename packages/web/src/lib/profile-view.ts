import type { Profile, ProfileMode, SessionProfile } from "@browservm/contract";

/** A pill and what it says when one asks. */
interface Said {
  readonly words: string;
  readonly tone: "ok" | "warn" | "quiet";
}

/** How a profile is, in a word or two. */
export function profileState({ writer, failure, version }: Profile): Said {
  if (failure !== null) return { words: "Not saved last time", tone: "warn" };
  if (writer !== null) return { words: "In use", tone: "ok" };
  return version === 0 ? { words: "Empty", tone: "quiet" } : { words: "Free", tone: "quiet" };
}

/** What a session does with its profile, as a sentence. */
export function sessionProfileWords({ name, mode, state, version, reason }: SessionProfile): string {
  if (state === "waiting" || state === "loading") return `${name} is being loaded.`;
  if (state === "saving") return `${name} is being saved…`;
  if (state === "failed") return `${name} could not be saved: ${reason?.message ?? "no reason was given"}`;
  const begun = version === 0 ? "never saved yet" : `version ${version}`;
  if (mode === "read")
    return `${name} (${begun}) was loaded to be read: nothing is saved when the session ends.`;
  return state === "released"
    ? `${name} was saved as ${begun}.`
    : `${name} (${begun}) is saved when the session ends. No other session can write it until then.`;
}

/** The one of that name, as it was typed. */
export const profileNamed = (profiles: readonly Profile[] | null, name: string): Profile | undefined =>
  profiles?.find((profile) => profile.name === name.trim());

interface TypedProfile {
  readonly name: string;
  readonly mode: ProfileMode;
  readonly canWrite: boolean;
  /** No profile has that name. */
  readonly isNew: boolean;
}

/** What a session does with the name that was typed. */
export function profileHint({ name, mode, canWrite, isNew }: TypedProfile): string {
  if (name.trim() === "")
    return canWrite ? "Empty: a fresh browser. A new name makes a new profile." : "Empty: a fresh browser.";
  if (!isNew) return "The browser begins with what it remembers.";
  return mode === "write" ? "A new profile of this name is made." : "There is no profile of this name.";
}
