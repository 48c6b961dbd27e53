import { randomBytes } from "node:crypto";
import {
  BrowserVmError,
  type Invitation,
  InvitationId,
  Invitation as InvitationSchema,
  makeId,
  type PersonId,
  Role,
} from "@browservm/contract";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import type { InvitationTable, PersonTable } from "../store/tables.ts";
import { inWriting } from "../store/writing.ts";
import { giftOfRole, mustCover, mustOutlast } from "./delegation.ts";
import type { Passwords } from "./passwords.ts";
import type { PeopleKeeper } from "./people-desk.ts";
import { personStore } from "./person-store.ts";
import { newSecret, SECRET_PREFIX, sha256 } from "./secrets.ts";

type FreshInvitation = Invitation & { token: string };

interface Wanted {
  readonly email: string;
  readonly role: Role;
  readonly personId: PersonId | null;
  readonly ttlSeconds: number;
}

/** What somebody chose who uses an invitation. */
export interface Acceptance {
  readonly token: string;
  readonly name?: string | undefined;
  readonly password: string;
}

/** Links by which somebody becomes a person, or chooses a new password: each works once. */
export class Invitations {
  readonly #store: Store;
  readonly #passwords: Passwords;

  constructor(store: Store, passwords: Passwords) {
    this.#store = store;
    this.#passwords = passwords;
  }

  /** PERSON_EXISTS, GRANT_TOO_STRONG. */
  invite(
    request: Pick<Wanted, "email" | "role" | "ttlSeconds">,
    keeper: PeopleKeeper,
  ): Promise<FreshInvitation> {
    mustCover(keeper.principal, giftOfRole(request.role));
    mustOutlast(keeper.principal, null);
    return inWriting(this.#store, async (trx) => {
      if (await personStore.findByEmail(trx, request.email))
        throw new BrowserVmError("PERSON_EXISTS", `somebody has the address ${request.email}`);
      // The newest is the only one: an older link would still give the role that was chosen before.
      await trx
        .deleteFrom("invitation")
        .where("email", "=", request.email)
        .where("person_id", "is", null)
        .execute();
      const fresh = await write(trx, { ...request, personId: null }, keeper);
      const details = { invitation: fresh.id, email: fresh.email, role: fresh.role };
      await appendAudit(trx, { action: "person.invited", by: keeper.by, details });
      return fresh;
    });
  }

  /** A link for a new password. PERSON_NOT_FOUND, GRANT_TOO_STRONG. */
  reset(id: PersonId, ttlSeconds: number, keeper: PeopleKeeper): Promise<FreshInvitation> {
    return inWriting(this.#store, async (trx) => {
      const { email, role } = await personStore.get(trx, id);
      mustCover(keeper.principal, giftOfRole(Role.parse(role)));
      mustOutlast(keeper.principal, null);
      // The newest is the only one.
      await trx.deleteFrom("invitation").where("person_id", "=", id).execute();
      const fresh = await write(trx, { email, role: Role.parse(role), personId: id, ttlSeconds }, keeper);
      const details = { invitation: fresh.id, person: id, email };
      await appendAudit(trx, { action: "person.reset_link_made", by: keeper.by, details });
      return fresh;
    });
  }

  async list(): Promise<Invitation[]> {
    const query = this.#store.selectFrom("invitation").selectAll().where("expires_at", ">", now());
    return (await query.orderBy("created_at", "desc").execute()).map(toInvitation);
  }

  /** INVITATION_NOT_FOUND. */
  async revoke(id: InvitationId, by: Asker): Promise<void> {
    await inWriting(this.#store, async (trx) => {
      const row = await trx.deleteFrom("invitation").where("id", "=", id).returningAll().executeTakeFirst();
      if (!row) throw new BrowserVmError("INVITATION_NOT_FOUND", `there is no invitation ${id}`, { id });
      const details = { invitation: id, email: row.email };
      await appendAudit(trx, { action: "invitation.revoked", by, details });
    });
  }

  /** INVITATION_SPENT. */
  async look(token: string): Promise<Invitation> {
    return toInvitation(await findByToken(this.#store, token));
  }

  /** Makes the person, or gives one a new password; once for each link. INVITATION_SPENT, PERSON_EXISTS. */
  async accept({ token, name, password }: Acceptance, requestId: string): Promise<PersonTable> {
    // An unknown link costs no hashing.
    await findByToken(this.#store, token);
    const passwordHash = await this.#passwords.hash(password);
    return inWriting(this.#store, async (trx) => {
      const row = await findByToken(trx, token);
      await trx.deleteFrom("invitation").where("id", "=", row.id).execute();
      return row.person_id === null
        ? join(trx, row, { name: name ?? row.email, passwordHash, requestId })
        : renew(trx, row.person_id, { passwordHash, requestId });
    });
  }
}

const now = () => new Date().toISOString();

async function write(trx: Store, wanted: Wanted, { principal, by }: PeopleKeeper): Promise<FreshInvitation> {
  const token = newSecret(SECRET_PREFIX.invitation);
  const row = {
    id: InvitationId.parse(makeId("inv", randomBytes(20))),
    token_sha256: sha256(token),
    email: wanted.email,
    role: wanted.role,
    person_id: wanted.personId,
    invited_by: by.actor.name,
    inviter_id: principal.personId,
    created_at: now(),
    expires_at: new Date(Date.now() + wanted.ttlSeconds * 1000).toISOString(),
  };
  await trx.insertInto("invitation").values(row).execute();
  return { ...toInvitation(row), token };
}

async function findByToken(db: Store, token: string): Promise<InvitationTable> {
  const row = await db
    .selectFrom("invitation")
    .selectAll()
    .where("token_sha256", "=", sha256(token))
    .where("expires_at", ">", now())
    .executeTakeFirst();
  if (!row) throw spent();
  return row;
}

const spent = () =>
  new BrowserVmError("INVITATION_SPENT", "the invitation is unknown, was used, or has expired");

const asker = ({ id, name }: PersonTable, requestId: string): Asker => ({
  actor: { kind: "person", id, name },
  requestId,
});

interface Joining {
  readonly name: string;
  readonly passwordHash: string;
  readonly requestId: string;
}

async function join(
  trx: Store,
  { id, email, role }: InvitationTable,
  joining: Joining,
): Promise<PersonTable> {
  const { name, passwordHash, requestId } = joining;
  const person = await personStore.insert(trx, { name, email, role: Role.parse(role), passwordHash });
  const details = { invitation: id, person: person.id, email, role };
  await appendAudit(trx, { action: "person.joined", by: asker(person, requestId), details });
  return person;
}

async function renew(
  trx: Store,
  id: string,
  { passwordHash, requestId }: Omit<Joining, "name">,
): Promise<PersonTable> {
  const person = await personStore.find(trx, id);
  if (!person || person.disabled === 1) throw spent();
  await trx.updateTable("person").set({ password_hash: passwordHash }).where("id", "=", id).execute();
  await personStore.endSignIns(trx, id);
  const details = { person: id, by: "link" };
  await appendAudit(trx, { action: "person.password_changed", by: asker(person, requestId), details });
  return person;
}

function toInvitation(row: InvitationTable): Invitation {
  return InvitationSchema.parse({
    id: row.id,
    email: row.email,
    role: row.role,
    personId: row.person_id,
    invitedBy: row.invited_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  });
}
