import { BrowserVmError, type OidcSettings, PersonName, Role } from "@browservm/contract";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import type { PersonTable } from "../store/tables.ts";
import type { Claims } from "./oidc-client.ts";
import { personStore } from "./person-store.ts";

interface Known {
  readonly settings: OidcSettings;
  readonly claims: Claims;
  readonly email: string;
  readonly requestId: string;
}

/** The strongest first. */
const ROLES: readonly Role[] = ["admin", "member", "viewer"];

/**
 * The person that the provider's claims are about: known by its subject, else by the verified e-mail address that an
 * admin gave them, else new where the settings or an invitation let them in. OIDC_REFUSED.
 */
export async function personOfClaims(
  trx: Store,
  settings: OidcSettings,
  claims: Claims,
  requestId: string,
): Promise<PersonTable> {
  const { email, email_verified: isVerified } = claims;
  if (email === undefined || isVerified !== true) throw refused("it knows no verified e-mail address");
  const known = { settings, claims, email, requestId };
  const person =
    (await bySubject(trx, known)) ?? (await byAddress(trx, known)) ?? (await newcomer(trx, known));
  if (person.disabled === 1) throw refused("the person is disabled");
  return withClaimedRole(trx, person, known);
}

const refused = (why: string) => new BrowserVmError("OIDC_REFUSED", why);

const asker = ({ id, name }: PersonTable, requestId: string): Asker => ({
  actor: { kind: "person", id, name },
  requestId,
});

function bySubject(trx: Store, { settings, claims }: Known): Promise<PersonTable | undefined> {
  return trx
    .selectFrom("person")
    .selectAll()
    .where("oidc_issuer", "=", settings.issuer)
    .where("oidc_subject", "=", claims.sub)
    .executeTakeFirst();
}

/** The address was given by an admin, and the provider vouches that it is theirs. */
async function byAddress(
  trx: Store,
  { settings, claims, email, requestId }: Known,
): Promise<PersonTable | undefined> {
  const person = await personStore.findByEmail(trx, email);
  if (!person) return undefined;
  if (person.oidc_issuer === settings.issuer) throw refused("the address belongs to another subject");
  if (person.disabled === 1) return person;
  const link = { oidc_issuer: settings.issuer, oidc_subject: claims.sub };
  await trx.updateTable("person").set(link).where("id", "=", person.id).execute();
  const details = { person: person.id, email };
  await appendAudit(trx, { action: "person.linked", by: asker(person, requestId), details });
  return { ...person, ...link };
}

async function newcomer(trx: Store, known: Known): Promise<PersonTable> {
  const { settings, claims, email, requestId } = known;
  const invited = await takeInvitation(trx, email);
  if (!invited && !isAllowed(settings, email)) throw refused("the address is not allowed");
  const role = invited ?? claimedRole(known) ?? settings.defaultRole;
  const name = PersonName.safeParse(claims.name).data ?? PersonName.parse(email.slice(0, 60));
  const oidc = { issuer: settings.issuer, subject: claims.sub };
  const person = await personStore.insert(trx, { name, email, role, oidc });
  const details = { person: person.id, email, role, way: "oidc" };
  await appendAudit(trx, { action: "person.joined", by: asker(person, requestId), details });
  return person;
}

async function takeInvitation(trx: Store, email: string): Promise<Role | undefined> {
  const row = await trx
    .deleteFrom("invitation")
    .where("email", "=", email)
    .where("person_id", "is", null)
    .where("expires_at", ">", new Date().toISOString())
    .returning("role")
    .executeTakeFirst();
  return row && Role.parse(row.role);
}

function isAllowed({ allowedEmails, allowedDomains }: OidcSettings, email: string): boolean {
  const domain = email.slice(email.lastIndexOf("@") + 1);
  return allowedEmails.includes(email) || allowedDomains.includes(domain);
}

function claimedRole({ settings: { roleClaim }, claims }: Known): Role | undefined {
  const value = roleClaim === "" ? undefined : claims[roleClaim];
  const named: readonly unknown[] = Array.isArray(value) ? value : [value];
  return ROLES.find((role) => named.includes(role));
}

/** With a role claim the provider decides at each sign-in; who has none there has the default. Never ends the last admin. */
async function withClaimedRole(trx: Store, person: PersonTable, known: Known): Promise<PersonTable> {
  if (known.settings.roleClaim === "") return person;
  const role = claimedRole(known) ?? known.settings.defaultRole;
  if (role === person.role) return person;
  if (person.role === "admin") await personStore.mustLeaveAnAdmin(trx, person.id);
  await personStore.endWaysIn(trx, person.id);
  await trx.updateTable("person").set({ role }).where("id", "=", person.id).execute();
  const details = { person: person.id, email: person.email, role, wasRole: person.role, by: "oidc" };
  await appendAudit(trx, { action: "person.changed", by: asker(person, known.requestId), details });
  return { ...person, role };
}
