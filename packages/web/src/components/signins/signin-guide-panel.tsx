"use client";
import type { Signin, SigninGuide, SigninState } from "@browservm/contract";
import { Check, Minus } from "lucide-react";
import type { ReactNode } from "react";
import { client } from "../../lib/client.ts";
import { isPageOpen, isSigninOver, STATE_WORDS, signinSteps } from "../../lib/signin-view.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { CopyButton } from "../copy-button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { TimelineRows } from "../session/timeline.tsx";
import { CancelSignin } from "./cancel-signin.tsx";
import css from "./signin-guide-panel.module.css";
import { TimeLeft } from "./time-left.tsx";

interface SigninGuidePanelProps {
  readonly signin: Signin;
  readonly onChanged: () => void;
}

/** What to do now, what was done, what will be kept of it: beside the live view. */
export function SigninGuidePanel({ signin, onChanged }: SigninGuidePanelProps) {
  const { provider, subject, renews, guide, state } = signin;
  const now = useNow(500);
  const isOver = isSigninOver(signin);
  return (
    <aside className={css.panel} aria-label="Guide">
      <div className={css.first}>
        <header>
          <h2>Sign in to {provider}</h2>
          <p className="visually-hidden" role="status">
            {STATE_WORDS[state].words}
          </p>
          {subject === null ? null : (
            <p className={css.about}>
              As <strong>{subject}</strong>
            </p>
          )}
          {renews && !isOver ? (
            <p className={css.about}>It renews a connection: it must be the same account.</p>
          ) : null}
        </header>
        {state === "awaiting_user" && guide !== null ? (
          <Guide signin={signin} guide={guide} onChanged={onChanged} />
        ) : null}
        <NothingToDo state={state} />
        {isOver ? null : <TimeLeft expiresAt={signin.expiresAt} />}
      </div>
      <div className={css.rest}>
        <TimelineRows label="Steps of the sign-in" rows={signinSteps(signin, now)} hasBars={false} />
        {isOver && state !== "completed" ? null : <Kept signin={signin} />}
        {isOver ? null : <CancelSignin signin={signin} onChanged={onChanged} />}
      </div>
    </aside>
  );
}

/** What goes on while there is nothing to do. */
const PAUSES: Partial<Record<SigninState, readonly [title: string, words: string]>> = {
  starting: [
    "One moment",
    "A machine of its own starts, and opens the page to sign in at. Then it is your turn.",
  ],
  capturing: ["You are done", "What came of it is fetched, checked and locked away."],
};

function NothingToDo({ state }: { state: SigninState }) {
  const pause = PAUSES[state];
  if (pause === undefined) return null;
  const [title, words] = pause;
  return (
    <section className={css.now} aria-label="What to do now">
      <h3>{title}</h3>
      <p>{words}</p>
    </section>
  );
}

interface GuideProps extends SigninGuidePanelProps {
  readonly guide: SigninGuide;
}

function Guide({ signin, guide: { text, url, userCode, needsConfirm }, onChanged }: GuideProps) {
  const { id } = signin;
  const { isBusy, error, run } = useAttempt();
  const confirm = async () => {
    await run(() => client.signins.confirm(id));
    onChanged();
  };
  return (
    <section className={css.now} aria-label="What to do now">
      <h3>{needsConfirm ? "Sign in here, then tell us" : "Sign in here, we continue by ourselves"}</h3>
      <p role="status">{text}</p>
      {userCode === null ? null : (
        <p className={css.code}>
          <span className="visually-hidden">Code to type: </span>
          <code>{userCode}</code>
          <CopyButton text={userCode} what="the code" isSmall />
        </p>
      )}
      {url === null ? null : (
        <div className={css.url}>
          <span>
            {isPageOpen(signin)
              ? "Its browser shows this address already:"
              : "Its browser opens this address:"}
          </span>
          <p className={css.address}>
            <code title={url}>{url}</code>
            <CopyButton text={url} what="the address" isSmall />
          </p>
        </div>
      )}
      {needsConfirm ? (
        <Button look="primary" icon={<Check size={16} />} disabled={isBusy} onClick={() => void confirm()}>
          {isBusy ? "One moment…" : "I have signed in"}
        </Button>
      ) : null}
      {error === null ? null : <ErrorCard error={error} />}
    </section>
  );
}

/** What is captured and what is not. */
function Kept({ signin: { captures, leaves, state } }: { signin: Signin }) {
  const is = state === "completed" ? "was" : "is";
  return (
    <>
      <List title={`What ${is} captured`} icon={<Check size={15} aria-hidden="true" />} lines={captures} />
      <List title={`What ${is} not`} icon={<Minus size={15} aria-hidden="true" />} lines={leaves} />
    </>
  );
}

function List({ title, icon, lines }: { title: string; icon: ReactNode; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <section className={css.list} aria-label={title}>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>
            {icon}
            <span>{line}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
