"use client";
import type { SessionId } from "@browservm/contract";
import type { DropReason } from "@browservm/sdk/screen";
import { useState } from "react";
import { sessionSource } from "../../lib/live-sources.ts";
import { useLive } from "../../lib/use-live.ts";
import { Button } from "../button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { SentAwayView } from "../session/over-view.tsx";
import { SessionView } from "../session/session-view.tsx";
import css from "./signin-page.module.css";

/** The session of a sign-in, with its live view as it is on a session's own page. */
export function GuidedSession({ id }: { id: SessionId }) {
  const { data, error, refresh } = useLive(() => sessionSource(id));
  const [sentAway, setSentAway] = useState<DropReason | null>(null);
  if (data !== null && sentAway === null)
    return <SessionView look={data} isGuided onChanged={refresh} onSentAway={setSentAway} />;
  return (
    <main id="main" className={css.waiting}>
      {sentAway ? <SentAwayView reason={sentAway} onBack={() => setSentAway(null)} /> : null}
      {!sentAway && error ? (
        <ErrorCard error={error} actions={<Button onClick={refresh}>Try again</Button>} />
      ) : null}
      {!sentAway && !error ? <p role="status">Looking up its session…</p> : null}
    </main>
  );
}
