"use client";
import type { Signin } from "@browservm/contract";
import { CircleCheck, CircleSlash, RotateCw } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef } from "react";
import { client } from "../../lib/client.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import buttons from "../button.module.css";
import { Button } from "../button.tsx";
import { ErrorCard, ProblemCard } from "../problem-card.tsx";
import css from "./signin-page.module.css";

interface SigninOutcomeProps {
  readonly signin: Signin;
  readonly onChanged: () => void;
}

/** What came of a sign-in: the connection, or why there is none and the way to try again. */
export function SigninOutcome({ signin, onChanged }: SigninOutcomeProps) {
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    // the live view that had it is gone
    if (document.activeElement === document.body) main.current?.focus();
  }, []);
  return (
    <main id="main" ref={main} tabIndex={-1} className={css.outcome}>
      {signin.state === "completed" ? (
        <Completed signin={signin} />
      ) : (
        <NotCompleted signin={signin} onChanged={onChanged} />
      )}
      <p className={css.quiet} role="status">
        {signin.sessionOver ? destroyedWords(signin) : "Its machine is being destroyed…"}
      </p>
    </main>
  );
}

/** What was kept of the browser is not destroyed. */
const destroyedWords = ({ state, profile }: Signin): string =>
  state === "completed" && profile !== null
    ? "Its machine is destroyed; of its browser only the profile is left."
    : "Its machine, its browser and all that was typed there are destroyed.";

function Completed({ signin: { provider, subject, connectionId, renews, profile } }: { signin: Signin }) {
  return (
    <>
      <CircleCheck className={css.done} size={34} aria-hidden="true" />
      <h1>{subject === null ? `Signed in at ${provider}` : `Signed in at ${provider} as ${subject}`}</h1>
      <p>
        {renews
          ? "The connection has a fresh secret; the one before it is gone."
          : "What came of it is in the vault, as a connection."}
      </p>
      {profile === null ? null : (
        <p>
          Its browser is kept as the <Link href="/profiles">profile {profile}</Link>.
        </p>
      )}
      <p className={css.actions}>
        {connectionId === null ? null : (
          <Link href={`/connections/${connectionId}`} className={`${buttons.button} ${buttons.primary}`}>
            Open the connection
          </Link>
        )}
        <Link href="/signins" className={`${buttons.button} ${buttons.plain}`}>
          All sign-ins
        </Link>
      </p>
    </>
  );
}

function NotCompleted({ signin, onChanged }: SigninOutcomeProps) {
  const { id, state, reason, canRetry } = signin;
  const { isBusy, error, run } = useAttempt();
  const retry = async () => {
    await run(() => client.signins.retry(id));
    onChanged();
  };
  return (
    <>
      {state === "cancelled" ? (
        <>
          <CircleSlash size={34} aria-hidden="true" />
          <h1>This sign-in was cancelled</h1>
          <p>Nothing was stored.</p>
        </>
      ) : (
        <ProblemCard
          headingLevel={1}
          reason={reason ?? UNNAMED}
          details={{ signin: id, ...reason?.details }}
        />
      )}
      {error === null ? null : <ErrorCard error={error} />}
      <p className={css.actions}>
        {canRetry ? (
          <Button
            look="primary"
            icon={<RotateCw size={16} />}
            disabled={isBusy}
            title="Begins anew, in a fresh machine"
            onClick={() => void retry()}
          >
            {isBusy ? "Starting…" : "Try again"}
          </Button>
        ) : null}
        <Link href="/signins" className={`${buttons.button} ${buttons.plain}`}>
          All sign-ins
        </Link>
      </p>
    </>
  );
}

const UNNAMED = {
  code: "INTERNAL",
  message: "The sign-in ended and gave no reason.",
  fix: "Report it with the controller’s log lines of this sign-in.",
};
