"use client";
import type { ControlRequest, Viewer } from "@browservm/contract";
import { Hand, MousePointer2, User } from "lucide-react";
import { useState } from "react";
import { type Person, peopleView } from "../../lib/control-view.ts";
import { formatSpan } from "../../lib/format.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Skeleton } from "../skeleton.tsx";
import { useKeptFocus } from "../use-kept-focus.ts";
import css from "./share-dialog.module.css";
import type { Sharing } from "./use-sharing.ts";

/** Who looks at the session now. Operators give and take the control here, and send people away. */
export function PeopleList({ sharing }: { sharing: Sharing }) {
  const { viewers, error, mine, isOperator } = sharing;
  const now = useNow();
  const [leaving, setLeaving] = useState<Person | null>(null);
  const { isBusy, error: refusal, run } = useAttempt();
  const kept = useKeptFocus<HTMLElement>();
  if (viewers === null && error !== null)
    return <ErrorCard error={error} actions={<Button onClick={sharing.refresh}>Try again</Button>} />;
  if (viewers === null)
    return <Skeleton words="Looking who is here" blocks={1} layout={css.list} block={css.ghost} />;
  const act = (request: ControlRequest) => {
    if (!isBusy) void run(() => sharing.control(request));
  };
  return (
    <section className={css.kept} aria-label="People" {...kept}>
      {viewers.length === 0 ? <p className={css.empty}>Nobody looks at it now.</p> : null}
      <ul className={css.list} aria-label="People who are here">
        {peopleView(viewers, mine).map((person) => (
          <li key={person.viewer.id} className={css.item}>
            <PersonWords person={person} now={now} />
            {isOperator ? (
              <PersonActs {...{ person, mine }} onAct={act} onSendAway={() => setLeaving(person)} />
            ) : null}
          </li>
        ))}
      </ul>
      {refusal === null ? null : <ErrorCard error={refusal} />}
      {leaving === null ? null : (
        <SendAwayDialog
          person={leaving}
          onSend={() => sharing.sendAway(leaving.viewer.id)}
          onClose={() => setLeaving(null)}
        />
      )}
    </section>
  );
}

function PersonWords({ person: { viewer, isMe, came, does }, now }: { person: Person; now: number | null }) {
  return (
    <div className={css.who}>
      <PersonSign viewer={viewer} />
      <strong>{viewer.name}</strong>
      {isMe ? <span className={css.tag}>You</span> : null}
      <p>
        {does}, {came}
        {now === null ? "" : `, for ${formatSpan(now - Date.parse(viewer.since))}`}
      </p>
    </div>
  );
}

function PersonSign({ viewer }: { viewer: Viewer }) {
  if (viewer.hasControl)
    return (
      <span className={css.sign} data-does="controls">
        <MousePointer2 size={15} aria-hidden="true" />
      </span>
    );
  if (viewer.asksSince !== null)
    return (
      <span className={css.sign} data-does="asks">
        <Hand size={15} aria-hidden="true" />
      </span>
    );
  return (
    <span className={css.sign}>
      <User size={15} aria-hidden="true" />
    </span>
  );
}

interface PersonActsProps {
  readonly person: Person;
  readonly mine: Sharing["mine"];
  readonly onAct: (request: ControlRequest) => void;
  readonly onSendAway: () => void;
}

function PersonActs({ person, mine, onAct, onSendAway }: PersonActsProps) {
  const { viewer, isMe, canBeGiven, canBeTakenFrom, canLetGo } = person;
  const asks = viewer.asksSince !== null;
  return (
    <div className={css.acts}>
      {canBeGiven && !isMe ? (
        <Button
          look={asks ? "primary" : "plain"}
          aria-label={`Give control to ${viewer.name}`}
          onClick={() => onAct({ action: "give", viewer: mine, to: viewer.id })}
        >
          Give control
        </Button>
      ) : null}
      {canBeGiven && isMe ? (
        <Button onClick={() => onAct({ action: "take", viewer: mine })}>Take control</Button>
      ) : null}
      {canLetGo ? (
        <Button onClick={() => onAct({ action: "release", viewer: mine })}>Let control go</Button>
      ) : null}
      {canBeTakenFrom ? (
        <Button
          aria-label={`Take back control from ${viewer.name}`}
          onClick={() => onAct({ action: "take", viewer: mine })}
        >
          Take back
        </Button>
      ) : null}
      {asks && !isMe ? (
        <Button
          aria-label={`Not now, ${viewer.name}`}
          onClick={() => onAct({ action: "refuse", viewer: viewer.id })}
        >
          Not now
        </Button>
      ) : null}
      {isMe ? null : (
        <Button look="danger" aria-label={`Send ${viewer.name} away`} onClick={onSendAway}>
          Send away
        </Button>
      )}
    </div>
  );
}

interface SendAwayDialogProps {
  readonly person: Person;
  readonly onSend: () => Promise<unknown>;
  readonly onClose: () => void;
}

function SendAwayDialog({ person: { viewer }, onSend, onClose }: SendAwayDialogProps) {
  return (
    <ConfirmDialog
      title={`Send ${viewer.name} away?`}
      confirm="Send away"
      busy="Sending away…"
      onConfirm={onSend}
      onClose={onClose}
    >
      <p>
        The picture closes for them at once.{" "}
        {viewer.via === "link"
          ? "They cannot come back by the same sign-in. Their link may still let them in: revoke it to prevent that."
          : "They are signed in to the whole page, and can open the session again."}
      </p>
    </ConfirmDialog>
  );
}
