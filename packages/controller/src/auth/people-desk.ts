import { type Person, type PersonId, Role } from "@browservm/contract";
import { type Asker, appendAudit } from "../audit/audit-log.ts";
import type { Store } from "../store/store.ts";
import type { PersonTable } from "../store/tables.ts";
import { inWriting } from "../store/writing.ts";
import { giftOfRole, mustCover } from "./delegation.ts";
import { personStore, toPerson } from "./person-store.ts";
import type { Principal } from "./principal.ts";

export interface PersonChange {
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
  readonly disabled?: boolean | undefined;
}

/** Who works on people, and how the audit log names them. */
export interface PeopleKeeper {
  readonly principal: Principal;
  readonly by: Asker;
}

/** People: listed, changed, disabled, removed. Never by somebody who may do less than they, and never the last admin. */
export class PeopleDesk {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  list(): Promise<Person[]> {
    return personStore.list(this.#store);
  }

  async find(id: PersonId): Promise<Person | undefined> {
    const row = await personStore.find(this.#store, id);
    return row && toPerson(row);
  }

  /** Whether anybody can sign in by a password. */
  hasPasswords(): Promise<boolean> {
    return personStore.hasPasswords(this.#store);
  }

  /** PERSON_NOT_FOUND, LAST_ADMIN, GRANT_TOO_STRONG. */
  async change(id: PersonId, change: PersonChange, { principal, by }: PeopleKeeper): Promise<Person> {
    return inWriting(this.#store, async (trx) => {
      const before = await personStore.get(trx, id);
      const after = changed(before, change);
      mustCover(principal, giftOfRole(Role.parse(before.role)));
      mustCover(principal, giftOfRole(Role.parse(after.role)));
      if (isAdmin(before) && !isAdmin(after)) await personStore.mustLeaveAnAdmin(trx, id);
      const { name, role, disabled } = after;
      await trx.updateTable("person").set({ name, role, disabled }).where("id", "=", id).execute();
      // Who gains something reads it from the row at the next request; who loses something begins anew.
      if (role !== before.role || disabled > before.disabled) await personStore.endWaysIn(trx, id);
      const details = {
        person: id,
        email: after.email,
        role,
        disabled: disabled === 1,
        wasRole: before.role,
      };
      await appendAudit(trx, { action: "person.changed", by, details });
      return toPerson(after);
    });
  }

  /** PERSON_NOT_FOUND, LAST_ADMIN, GRANT_TOO_STRONG. */
  async remove(id: PersonId, { principal, by }: PeopleKeeper): Promise<void> {
    await inWriting(this.#store, async (trx) => {
      const row = await personStore.get(trx, id);
      mustCover(principal, giftOfRole(Role.parse(row.role)));
      if (isAdmin(row)) await personStore.mustLeaveAnAdmin(trx, id);
      await personStore.endWaysIn(trx, id);
      await trx.deleteFrom("api_key").where("owner_id", "=", id).execute();
      await trx.deleteFrom("person").where("id", "=", id).execute();
      const details = { person: id, email: row.email, role: row.role };
      await appendAudit(trx, { action: "person.removed", by, details });
    });
  }

  /** Ends every sign-in of one's own. */
  async signOutEverywhere(id: PersonId, by: Asker): Promise<void> {
    await inWriting(this.#store, async (trx) => {
      await personStore.endSignIns(trx, id);
      await appendAudit(trx, { action: "person.signed_out_everywhere", by, details: { person: id } });
    });
  }
}

const isAdmin = ({ role, disabled }: PersonTable) => role === "admin" && disabled === 0;

function changed(row: PersonTable, { name, role, disabled }: PersonChange): PersonTable {
  return {
    ...row,
    name: name ?? row.name,
    role: role ?? row.role,
    disabled: disabled === undefined ? row.disabled : Number(disabled),
  };
}
