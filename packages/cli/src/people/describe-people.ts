import type { ApiKey, Invitation, InvitationLink, Person } from "@browservm/contract";
import { table } from "../table.ts";

/** Keys as a table. */
export function keyTable(keys: readonly ApiKey[], now: Date): string {
  if (keys.length === 0) return "No keys. `browservm key create NAME` makes one.";
  const rows = keys.map((key) => [
    key.id,
    key.name,
    `${key.prefix}…`,
    key.scopes.join(" "),
    key.project ?? "all",
    key.owner?.name ?? "–",
    keyEnd(key, now),
    key.lastUsedAt ?? "never",
  ]);
  return table(["KEY", "NAME", "PREFIX", "SCOPES", "PROJECT", "OWNER", "ENDS", "LAST USED"], rows);
}

function keyEnd({ expiresAt, owner }: ApiKey, now: Date): string {
  if (owner?.disabled) return "owner disabled";
  if (expiresAt === null) return "never";
  return expiresAt <= now.toISOString() ? "expired" : expiresAt;
}

/** People as a table. */
export function peopleTable(people: readonly Person[]): string {
  if (people.length === 0) return "Nobody. `browservm invite create EMAIL` makes an invitation.";
  const rows = people.map((person) => [
    person.id,
    person.name,
    person.email,
    person.role,
    person.disabled ? "disabled" : "active",
    [...(person.hasPassword ? ["password"] : []), ...(person.hasOidc ? ["OpenID"] : [])].join(", ") || "–",
    person.lastSignInAt ?? "never",
  ]);
  return table(["PERSON", "NAME", "E-MAIL", "ROLE", "STATE", "SIGNS IN BY", "LAST SIGN-IN"], rows);
}

/** Invitations as a table. */
export function invitationTable(invitations: readonly Invitation[]): string {
  if (invitations.length === 0) return "No invitations.";
  const rows = invitations.map((invitation) => [
    invitation.id,
    invitation.email,
    invitation.personId === null ? invitation.role : "new password",
    invitation.invitedBy ?? "–",
    invitation.expiresAt,
  ]);
  return table(["INVITATION", "FOR", "AS", "BY", "EXPIRES"], rows);
}

/** A fresh link in a few words. */
export function invitationWords({ id, url, email, role, personId, expiresAt }: InvitationLink): string {
  const what = personId === null ? `${email} becomes ${role} by it` : `${email} chooses a new password by it`;
  return `${url}\nShown once. ${what}, once, until ${expiresAt}; take it back with \`browservm invite rm ${id}\`.`;
}
