"use client";
import type { Invitation, Me, Person } from "@browservm/contract";
import { UserPlus, Users } from "lucide-react";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { formatSpan } from "../../lib/format.ts";
import { may } from "../../lib/may.ts";
import { membersSource } from "../../lib/people-sources.ts";
import { ROLE_WORDS } from "../../lib/people-view.ts";
import { useLive } from "../../lib/use-live.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { LoadProblem } from "../load-problem.tsx";
import { Skeleton } from "../skeleton.tsx";
import { useKeptFocus } from "../use-kept-focus.ts";
import { InviteDialog } from "./invite-dialog.tsx";
import { MemberDialogs, type MemberWish } from "./member-dialogs.tsx";
import css from "./people.module.css";
import { PersonItem } from "./person-item.tsx";

/** Who may sign in, and who is invited to. */
export function MembersPanel({ me }: { me: Me }) {
  const { data, error, refresh } = useLive(membersSource, { restsWhenHidden: true });
  const [isInviting, setInviting] = useState(false);
  const [wish, setWish] = useState<MemberWish | null>(null);
  const canChange = may(me, "people:write");
  const kept = useKeptFocus<HTMLElement>();
  return (
    <section className={css.panel} aria-labelledby="members-title" {...kept}>
      <header className={css.header}>
        <h2 id="members-title">Members</h2>
        {canChange ? (
          <Button look="primary" icon={<UserPlus size={16} />} onClick={() => setInviting(true)}>
            Invite
          </Button>
        ) : null}
      </header>
      <LoadProblem error={error} isStale={data !== null} onRetry={refresh} />
      {data === null ? (
        error === null && (
          <Skeleton words="Loading the members" blocks={2} layout={css.list} block={css.row} />
        )
      ) : (
        <>
          <People {...{ people: data.people, me, canChange }} onWish={setWish} />
          <Invited {...{ invitations: data.invitations, canChange, refresh }} />
        </>
      )}
      {isInviting ? <InviteDialog onMade={refresh} onClose={() => setInviting(false)} /> : null}
      {wish === null ? null : <MemberDialogs wish={wish} onChanged={refresh} onClose={() => setWish(null)} />}
    </section>
  );
}

interface PeopleProps {
  readonly people: readonly Person[];
  readonly me: Me;
  readonly canChange: boolean;
  readonly onWish: (wish: MemberWish) => void;
}

function People({ people, me, canChange, onWish }: PeopleProps) {
  const now = useNow();
  if (people.length === 0)
    return (
      <div className={css.empty}>
        <Users size={26} aria-hidden="true" />
        <p>Nobody has an account yet. Make your own, and invite others by a link.</p>
      </div>
    );
  return (
    <ul className={css.list} aria-label="Members">
      {people.map((person) => (
        <PersonItem
          key={person.id}
          {...{ person, canChange, onWish }}
          now={now ?? Date.parse(person.createdAt)}
          isMe={person.id === me.person?.id}
        />
      ))}
    </ul>
  );
}

interface InvitedProps {
  readonly invitations: readonly Invitation[];
  readonly canChange: boolean;
  readonly refresh: () => void;
}

function Invited({ invitations, canChange, refresh }: InvitedProps) {
  const now = useNow();
  if (invitations.length === 0) return null;
  return (
    <>
      <h3 className={css.sub}>Invited</h3>
      <ul className={css.list} aria-label="Invitations">
        {invitations.map((invitation) => (
          <li key={invitation.id} className={css.item}>
            <div className={css.who}>
              <strong>{invitation.email}</strong>
              <p>{invitationFacts(invitation, now ?? Date.parse(invitation.createdAt))}</p>
            </div>
            {canChange ? (
              <Button
                look="danger"
                aria-label={`Take back the invitation of ${invitation.email}`}
                onClick={() => void client.invitations.remove(invitation.id).finally(refresh)}
              >
                Take back
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
    </>
  );
}

function invitationFacts({ role, personId, expiresAt, invitedBy }: Invitation, now: number): string {
  return [
    personId === null ? `as ${ROLE_WORDS[role].name}` : "for a new password",
    ...(invitedBy === null ? [] : [`by ${invitedBy}`]),
    `${formatSpan(Date.parse(expiresAt) - now)} left`,
  ].join(", ");
}
