"use client";
import type { SessionId } from "@browservm/contract";
import type { DropReason } from "@browservm/sdk/screen";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { formatPage } from "../../lib/format.ts";
import { sessionSource } from "../../lib/live-sources.ts";
import { phaseOf } from "../../lib/session-phase.ts";
import { useLive } from "../../lib/use-live.ts";
import { AppBar } from "../app-bar.tsx";
import { Button } from "../button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { StatusPill } from "../status-pill.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { SentAwayView } from "./over-view.tsx";
import css from "./session-page.module.css";
import { SessionView } from "./session-view.tsx";

/** One session, for as long as one may see it. */
export function SessionPage({ id }: { id: SessionId }) {
  const [sentAway, setSentAway] = useState<DropReason | null>(null);
  // nothing is asked any more meanwhile: a sign-in that is gone would lead to the sign-in page, without a word
  if (sentAway) return <SentAway reason={sentAway} onBack={() => setSentAway(null)} />;
  return <LiveSession id={id} onSentAway={setSentAway} />;
}

interface LiveSessionProps {
  readonly id: SessionId;
  readonly onSentAway: (reason: DropReason) => void;
}

/** One session, from its first step to its end, kept fresh. */
function LiveSession({ id, onSentAway }: LiveSessionProps) {
  const { data, error, refresh } = useLive(() => sessionSource(id));
  useSignIn(error);
  return (
    <div className={css.page}>
      <AppBar isInner>
        <ChevronRight size={15} className={css.chevron} aria-hidden="true" />
        <span className={css.where}>{data === null ? "Session" : formatPage(data.session.url)}</span>
        {data === null ? null : <StatusPill phase={phaseOf(data.session)} />}
      </AppBar>
      {error !== null && data !== null ? <StaleBar message={error.message} onRetry={refresh} /> : null}
      {data === null ? null : <SessionView look={data} onChanged={refresh} onSentAway={onSentAway} />}
      {data === null ? (
        <main id="main" className={css.alone}>
          {error === null ? (
            <p role="status">Looking up the session…</p>
          ) : error.code === "UNAUTHENTICATED" ? null : (
            <ErrorCard
              error={error}
              headingLevel={1}
              actions={<Button onClick={refresh}>Try again</Button>}
            />
          )}
        </main>
      ) : null}
    </div>
  );
}

function SentAway({ reason, onBack }: { reason: DropReason; onBack: () => void }) {
  return (
    <div className={css.page}>
      <AppBar isInner>
        <ChevronRight size={15} className={css.chevron} aria-hidden="true" />
        <span className={css.where}>Session</span>
      </AppBar>
      <main id="main" className={css.main}>
        <SentAwayView reason={reason} onBack={onBack} />
      </main>
    </div>
  );
}

/** Says that what is shown is old, as long as it is. */
function StaleBar({ message, onRetry }: { message: string; onRetry: () => void }) {
  const [isHidden, setHidden] = useState(false);
  if (isHidden) return null;
  return (
    <div className={css.stale} role="status">
      <span>No answer from the controller ({message}). What you see may be old.</span>
      <Button look="quiet" onClick={onRetry}>
        Try again
      </Button>
      <Button look="quiet" onClick={() => setHidden(true)}>
        Hide
      </Button>
    </div>
  );
}
