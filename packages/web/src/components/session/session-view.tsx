"use client";
import { useRef, useState } from "react";
import type { SessionLook } from "../../lib/live-sources.ts";
import { useHeartbeat } from "../../lib/use-heartbeat.ts";
import { useMe } from "../../lib/use-me.ts";
import { DisplayBody } from "./display-body.tsx";
import { EndDialog } from "./end-dialog.tsx";
import { LaunchView } from "./launch-view.tsx";
import { EndedView, FailedView, NoDisplayView } from "./over-view.tsx";
import css from "./session-page.module.css";
import { sessionTabs } from "./session-tabs.tsx";
import { SidePanel } from "./side-panel.tsx";
import { Toast } from "./toast.tsx";
import { Toolbar } from "./toolbar.tsx";

interface SessionViewProps {
  readonly look: SessionLook;
  readonly onChanged: () => void;
}

const WIDE = "(width >= 960px)";

/** A session's toolbar, what fits its status, and the side panel. */
export function SessionView({ look, onChanged }: SessionViewProps) {
  const { session } = look;
  const [wantsPanel, setWantsPanel] = useState<boolean | null>(null);
  const [isEnding, setEnding] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const stage = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const isViewer = useMe()?.role === "view";
  useHeartbeat(session);
  const hasDisplay = session.status === "ready" && session.vm?.hasBrowser === true;
  // until the reader chooses, the panel is open where there is room for it
  const isPanelOpen = wantsPanel ?? (session.status === "ready" && matchMedia(WIDE).matches);
  return (
    <>
      <Toolbar
        {...{ session, stage, frame, isPanelOpen, isViewer, onChanged }}
        onPanel={() => setWantsPanel(!isPanelOpen)}
        onEnd={() => setEnding(true)}
        onProblem={setProblem}
      />
      {hasDisplay ? (
        <DisplayBody {...{ look, stage, frame, isPanelOpen, isViewer, onChanged }} />
      ) : (
        <div className={css.body}>
          <main id="main" className={css.main}>
            <StatusView look={look} />
          </main>
          {isPanelOpen ? <SidePanel tabs={sessionTabs({ look, isViewer, onChanged })} /> : null}
        </div>
      )}
      {problem === null ? null : <Toast words={problem} onGone={() => setProblem(null)} />}
      {isEnding ? <EndDialog session={session} onClose={() => setEnding(false)} onEnded={onChanged} /> : null}
    </>
  );
}

/** What fits a session without a picture. */
function StatusView({ look: { session, gate } }: { look: SessionLook }) {
  if (session.status === "pending") return <LaunchView session={session} gate={gate} />;
  if (session.status === "failed") return <FailedView session={session} gate={gate} />;
  if (session.status === "ending" || session.status === "ended") return <EndedView session={session} />;
  return <NoDisplayView session={session} />;
}
