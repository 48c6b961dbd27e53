"use client";
import type { Session } from "@browservm/contract";
import { Plus } from "lucide-react";
import { useState } from "react";
import { sessionListSource } from "../../lib/live-sources.ts";
import { useHost } from "../../lib/use-host.ts";
import { useLive } from "../../lib/use-live.ts";
import { AppBar } from "../app-bar.tsx";
import { Button } from "../button.tsx";
import { LoadProblem } from "../load-problem.tsx";
import { EndDialog } from "../session/end-dialog.tsx";
import { Skeleton } from "../skeleton.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { EmptyState } from "./empty-state.tsx";
import { EndedList } from "./ended-list.tsx";
import { HostLine } from "./host-line.tsx";
import { NewSessionDialog } from "./new-session-dialog.tsx";
import { SessionCard } from "./session-card.tsx";
import css from "./sessions-page.module.css";

const isOver = ({ status }: Session) => status === "ended" || status === "failed";

/** All sessions of this machine, kept fresh. */
export function SessionsPage() {
  const { data, error, refresh } = useLive(sessionListSource);
  const { host, error: hostError, refresh: refreshHost } = useHost();
  const [isCreating, setCreating] = useState(false);
  const [ending, setEnding] = useState<Session | null>(null);
  useSignIn(error);
  const retry = () => {
    refresh();
    refreshHost();
  };
  return (
    <>
      <AppBar>
        <HostLine host={host} />
      </AppBar>
      <main id="main" className={css.page}>
        <div className={css.top}>
          <h1>Sessions</h1>
          <Button look="primary" icon={<Plus size={17} />} onClick={() => setCreating(true)}>
            New session
          </Button>
        </div>
        <LoadProblem error={error ?? hostError} isStale={data !== null} onRetry={retry} />
        {data === null ? null : (
          <Lists sessions={data.data} onCreate={() => setCreating(true)} onEnd={setEnding} />
        )}
        {data === null && error === null ? (
          <Skeleton words="Loading sessions…" blocks={3} layout={css.grid} block={css.skeleton} />
        ) : null}
      </main>
      {isCreating ? <NewSessionDialog host={host} onClose={() => setCreating(false)} /> : null}
      {ending === null ? null : (
        <EndDialog session={ending} onClose={() => setEnding(null)} onEnded={refresh} />
      )}
    </>
  );
}

interface ListsProps {
  readonly sessions: readonly Session[];
  readonly onCreate: () => void;
  readonly onEnd: (session: Session) => void;
}

function Lists({ sessions, onCreate, onEnd }: ListsProps) {
  const living = sessions.filter((session) => !isOver(session));
  const over = sessions.filter(isOver);
  return (
    <>
      {living.length === 0 ? <EmptyState isFirst={over.length === 0} onCreate={onCreate} /> : null}
      {living.length > 0 ? (
        <ul className={css.grid} aria-label="Running sessions">
          {living.map((session) => (
            <SessionCard key={session.id} session={session} onEnd={onEnd} />
          ))}
        </ul>
      ) : null}
      {over.length > 0 ? <EndedList sessions={over} /> : null}
    </>
  );
}
