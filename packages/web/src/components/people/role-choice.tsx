import type { Role } from "@browservm/contract";
import { ROLE_WORDS } from "../../lib/people-view.ts";
import css from "./people.module.css";

interface RoleChoiceProps {
  readonly roles: readonly Role[];
  readonly value: Role;
  readonly onChange: (role: Role) => void;
}

/** One of the roles, each with what it may. */
export function RoleChoice({ roles, value, onChange }: RoleChoiceProps) {
  return (
    <fieldset className={css.choices}>
      <legend>Role</legend>
      {roles.map((role) => (
        <label key={role} className={css.choice} data-chosen={role === value}>
          <input
            type="radio"
            name="person-role"
            checked={role === value}
            {...(role === value ? { "data-first-focus": true } : {})}
            onChange={() => onChange(role)}
          />
          <span>
            <strong>{ROLE_WORDS[role].name}</strong>
            <small>{ROLE_WORDS[role].may}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
