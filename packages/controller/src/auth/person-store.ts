import { randomBytes } from "node:crypto";
import {
  BrowserVmError,
  makeId,
  type Person,
  PersonId,
  Person as PersonSchema,
  type Role,
} from "@browservm/contract";
import type { Store } from "../store/store.ts";
import type { PersonTable } from "../store/tables.ts";

export interface NewPerson {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly passwordHash?: string;
  readonly oidc?: { readonly issuer: string; readonly subject: string };
}

/** The rows of people. Each method takes the store or a transaction on it. */
export const personStore = {
  find(db: Store, id: string): Promise<PersonTable | undefined> {
    return db.selectFrom("person").selectAll().where("id", "=", id).executeTakeFirst();
  },

  /** PERSON_NOT_FOUND. */
  async get(db: Store, id: string): Promise<PersonTable> {
    const row = await personStore.find(db, id);
    if (!row) throw new BrowserVmError("PERSON_NOT_FOUND", `there is no person ${id}`, { id });
    return row;
  },

  findByEmail(db: Store, email: string): Promise<PersonTable | undefined> {
    return db.selectFrom("person").selectAll().where("email", "=", email.toLowerCase()).executeTakeFirst();
  },

  /** PERSON_EXISTS when somebody has the address. */
  async insert(db: Store, { name, email, role, passwordHash, oidc }: NewPerson): Promise<PersonTable> {
    if (await personStore.findByEmail(db, email))
      throw new BrowserVmError("PERSON_EXISTS", `somebody has the address ${email}`, { email });
    const row = {
      id: PersonId.parse(makeId("per", randomBytes(20))),
      name,
      email: email.toLowerCase(),
      role,
      disabled: 0,
      password_hash: passwordHash ?? null,
      oidc_issuer: oidc?.issuer ?? null,
      oidc_subject: oidc?.subject ?? null,
      created_at: new Date().toISOString(),
      last_sign_in_at: null,
    };
    await db.insertInto("person").values(row).execute();
    return row;
  },

  async list(db: Store): Promise<Person[]> {
    const rows = await db.selectFrom("person").selectAll().orderBy("created_at").orderBy("id").execute();
    return rows.map(toPerson);
  },

  /** LAST_ADMIN when nobody else could look after the others. */
  async mustLeaveAnAdmin(db: Store, id: string): Promise<void> {
    const other = await db
      .selectFrom("person")
      .select("id")
      .where("role", "=", "admin")
      .where("disabled", "=", 0)
      .where("id", "!=", id)
      .executeTakeFirst();
    if (!other) throw new BrowserVmError("LAST_ADMIN", "there would be no admin any more", { id });
  },

  async hasPasswords(db: Store): Promise<boolean> {
    const row = await db
      .selectFrom("person")
      .select("id")
      .where("password_hash", "is not", null)
      .where("disabled", "=", 0)
      .executeTakeFirst();
    return row !== undefined;
  },

  /** Ends the person's sign-ins, and sign-in links of theirs that are not used. */
  async endSignIns(db: Store, id: string): Promise<void> {
    await db.deleteFrom("web_session").where("person_id", "=", id).execute();
    await db.deleteFrom("login_token").where("person_id", "=", id).execute();
  },

  /** Also the invitations that they made, and links for a new password: these were made for who they were before. */
  async endWaysIn(db: Store, id: string): Promise<void> {
    await personStore.endSignIns(db, id);
    await db
      .deleteFrom("invitation")
      .where(({ eb, or }) => or([eb("inviter_id", "=", id), eb("person_id", "=", id)]))
      .execute();
  },
};

/** What is told of a person. */
export function toPerson(row: PersonTable): Person {
  return PersonSchema.parse({
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    disabled: row.disabled === 1,
    hasPassword: row.password_hash !== null,
    hasOidc: row.oidc_subject !== null,
    createdAt: row.created_at,
    lastSignInAt: row.last_sign_in_at,
  });
}
