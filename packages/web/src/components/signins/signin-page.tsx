"use client";
import type { Signin, SigninId } from "@browservm/contract";
import { ChevronRight } from "lucide-react";
import { signinSource } from "../../lib/signin-sources.ts";
import { isSigninOver, STATE_WORDS } from "../../lib/signin-view.ts";
import { useLive } from "../../lib/use-live.ts";
import { useSigninHeartbeat } from "../../lib/use-signin-heartbeat.ts";
import { AppBar } from "../app-bar.tsx";
import { LoadProblem } from "../load-problem.tsx";
import { TonePill } from "../tone-pill.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { GuidedSession } from "./guided-session.tsx";
import { SigninGuidePanel } from "./signin-guide-panel.tsx";
import { SigninOutcome } from "./signin-outcome.tsx";
import css from "./signin-page.module.css";

/** One sign-in: its steps beside the live browser, and in the end what came of it. */
export function SigninPage({ id }: { id: SigninId }) {
  const { data: signin, error, refresh } = useLive(() => signinSource(id));
  useSignIn(error);
  useSigninHeartbeat(signin);
  return (
    <div className={css.page}>
      <AppBar isInner>
        <ChevronRight size={15} className={css.chevron} aria-hidden="true" />
        <span className={css.where}>{signin === null ? "Sign-in" : `Sign in to ${signin.provider}`}</span>
        {signin === null ? null : <TonePill {...STATE_WORDS[signin.state]} />}
      </AppBar>
      {error === null ? null : (
        <div className={css.problem}>
          <LoadProblem error={error} isStale={signin !== null} onRetry={refresh} />
        </div>
      )}
      {signin === null ? (
        <main id="main" className={css.waiting}>
          {error === null ? <p role="status">Looking up the sign-in…</p> : null}
        </main>
      ) : (
        <div className={css.body}>
          <SigninGuidePanel signin={signin} onChanged={refresh} />
          <div className={css.stage}>
            <Stage signin={signin} onChanged={refresh} />
          </div>
        </div>
      )}
    </div>
  );
}

function Stage({ signin, onChanged }: { signin: Signin; onChanged: () => void }) {
  if (isSigninOver(signin)) return <SigninOutcome signin={signin} onChanged={onChanged} />;
  if (signin.sessionId !== null) return <GuidedSession key={signin.sessionId} id={signin.sessionId} />;
  return (
    <main id="main" className={css.waiting}>
      <p role="status">Asking for a machine…</p>
    </main>
  );
}
