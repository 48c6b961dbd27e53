"use client";
import type { Person } from "@browservm/contract";
import { personFacts } from "../../lib/people-view.ts";
import { Button } from "../button.tsx";
import { RoleTag } from "./account-panel.tsx";
import type { MemberWish } from "./member-dialogs.tsx";
import css from "./people.module.css";

interface PersonItemProps {
  readonly person: Person;
  readonly now: number;
  readonly isMe: boolean;
  readonly canChange: boolean;
  readonly onWish: (wish: MemberWish) => void;
}

/** One person, and what can be done with them. */
export function PersonItem({ person, now, isMe, canChange, onWish }: PersonItemProps) {
  const act = (wish: MemberWish["do"], words: string, look: "plain" | "danger" = "plain") => (
    <Button look={look} aria-label={`${words}: ${person.name}`} onClick={() => onWish({ do: wish, person })}>
      {words}
    </Button>
  );
  return (
    <li className={css.item} data-off={person.disabled}>
      <div className={css.who}>
        <strong>{person.name}</strong>
        <RoleTag role={person.role} />
        {isMe ? <span className={css.tag}>you</span> : null}
        {person.disabled ? (
          <span className={css.tag} data-state="off">
            disabled
          </span>
        ) : null}
        <p>{personFacts(person, now)}</p>
      </div>
      {canChange && !isMe ? (
        <div className={css.acts}>
          {act("role", "Role")}
          {person.hasPassword && !person.disabled ? act("reset", "New password") : null}
          {person.disabled ? act("enable", "Enable") : act("disable", "Disable")}
          {act("remove", "Remove", "danger")}
        </div>
      ) : null}
    </li>
  );
}
