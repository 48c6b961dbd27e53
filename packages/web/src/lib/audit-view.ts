import type { AuditAction, AuditActor, AuditEntry } from "@browservm/contract";
import { byWords } from "./by-words.ts";

/** What was done, in words; an action that is not among them is told by its name. */
const WORDS: Readonly<Partial<Record<AuditAction, string>>> = {
  "connection.created": "Connection made",
  "connection.deleted": "Connection deleted",
  "connection.token_read": "Access token read",
  "connection.injected": "Files put into a session",
  "connection.token_injected": "Access token given to a command",
  "connection.refreshed": "Tokens refreshed",
  "connection.refresh_failed": "Refresh failed",
  "connection.health": "Health changed",
  "connection.renewed": "Signed in again",
  "profile.created": "Profile made",
  "profile.saved": "Profile saved",
  "profile.save_failed": "Profile not saved",
  "profile.used": "Profile loaded into a session",
  "profile.renamed": "Profile renamed",
  "profile.deleted": "Profile deleted",
  "signin.started": "Sign-in started",
  "signin.retried": "Sign-in begun anew",
  "signin.completed": "Sign-in completed",
  "signin.failed": "Sign-in failed",
  "signin.cancelled": "Sign-in cancelled",
  "signin.timed_out": "Sign-in timed out",
  "vault.key_made": "Vault key made",
  "vault.rotation_started": "Change of the vault’s key begun",
  "vault.rotation_done": "Change of the vault’s key done",
  "audit.exported": "Audit log exported",
  "key.created": "API key made",
  "key.rotated": "API key rotated",
  "key.revoked": "API key revoked",
  "person.invited": "Person invited",
  "invitation.revoked": "Invitation revoked",
  "person.joined": "Person joined",
  "person.linked": "Account linked with the provider",
  "person.signed_in": "Signed in to the page",
  "person.sign_in_refused": "Sign-in to the page refused",
  "person.password_changed": "Password changed",
  "person.reset_link_made": "Link for a new password made",
  "person.signed_out_everywhere": "Signed out everywhere",
  "person.changed": "Person changed",
  "person.removed": "Person removed",
  "operator.link_made": "Sign-in link made",
  "operator.signed_in": "Signed in by a link",
};

export const actionWords = (action: AuditAction): string => WORDS[action] ?? action.replaceAll(/[._]/g, " ");

const ACTOR_KINDS: Readonly<Partial<Record<AuditActor["kind"], string>>> = {
  person: "person",
  key: "API key",
  cookie: "page",
  socket: "root on the machine",
  "view-token": "link",
  system: "BrowserVM itself",
};

/** Who it was: a name with what stands behind it, else only that. */
export function actorWords({ kind, name, id }: AuditActor): string {
  const what = ACTOR_KINDS[kind] ?? kind;
  const who = name ?? id;
  return who === null ? what : `${who} (${what})`;
}

/** What else is known of it: "from ok, to revoked". */
export const detailWords = ({ details }: AuditEntry): string =>
  Object.entries(details)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `${name} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(", ");

export type AuditChoice = "all" | "connection" | "signin" | "vault" | "people" | "other";

/** What an action is about, by its first word. */
const SUBJECTS: Readonly<Record<string, AuditChoice>> = {
  connection: "connection",
  signin: "signin",
  vault: "vault",
  key: "people",
  person: "people",
  invitation: "people",
  operator: "people",
};

/** Those that fit what is looked for: every word must be in what is shown of it. */
export function findEntries(
  entries: readonly AuditEntry[],
  { text, choice }: { readonly text: string; readonly choice: AuditChoice },
): readonly AuditEntry[] {
  const fits = byWords(text);
  return entries.filter((entry) => {
    const about = aboutOf(entry);
    return isChosen(entry, choice) && fits(about);
  });
}

function isChosen({ action }: AuditEntry, choice: AuditChoice): boolean {
  const [subject = ""] = action.split(".");
  return choice === "all" || (SUBJECTS[subject] ?? "other") === choice;
}

function aboutOf(entry: AuditEntry): string {
  const { action, actor, connectionId, sessionId, requestId } = entry;
  return [
    action,
    actionWords(action),
    actorWords(actor),
    connectionId,
    sessionId,
    requestId,
    detailWords(entry),
  ].join(" ");
}
