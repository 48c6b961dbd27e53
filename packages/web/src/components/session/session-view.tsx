"use client";
import type { Me } from "@browservm/contract";
import { useRef, useState } from "react";
import type { SessionLook } from "../../lib/live-sources.ts";
import type { SessionCare } from "../../lib/session-care.ts";
import { useDoctor } from "../../lib/use-doctor.ts";
import { useHeartbeat } from "../../lib/use-heartbeat.ts";
import { useMe } from "../../lib/use-me.ts";
import { DisplayBody } from "./display-body.tsx";
import { EndDialog } from "./end-dialog.tsx";
import { HealthBar } from "./health-bar.tsx";
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
  const role = useMe()?.role;
  const isViewer = role === "view";
  const care = useCare(look, role);
  // counted, so that each wish shows the panel's first tab anew
  const [whys, setWhys] = useState(0);
  useHeartbeat(session);
  const hasDisplay = session.status === "ready" && session.vm?.hasBrowser === true;
  // until the reader chooses, the panel is open where there is room for it
  const isPanelOpen = wantsPanel ?? (session.status === "ready" && matchMedia(WIDE).matches);
  const why = () => {
    setWhys(whys + 1);
    setWantsPanel(true);
    care?.doctor.run();
  };
  const tabs = sessionTabs({ look, care, isViewer, onChanged });
  return (
    <>
      <Toolbar
        {...{ session, stage, frame, isPanelOpen, isViewer, onChanged }}
        onPanel={() => setWantsPanel(!isPanelOpen)}
        onEnd={() => setEnding(true)}
        onProblem={setProblem}
      />
      <HealthBar health={care?.health} onWhy={care?.canExamine ? why : undefined} />
      {hasDisplay ? (
        <DisplayBody {...{ look, tabs, stage, frame, isPanelOpen, onChanged }} panelKey={whys} />
      ) : (
        <div className={css.body}>
          <main id="main" className={css.main}>
            <StatusView look={look} />
          </main>
          {isPanelOpen ? <SidePanel key={whys} tabs={tabs} /> : null}
        </div>
      )}
      {problem === null ? null : <Toast words={problem} onGone={() => setProblem(null)} />}
      {isEnding ? <EndDialog session={session} onClose={() => setEnding(false)} onEnded={onChanged} /> : null}
    </>
  );
}

/** What cares for a session that is ready, and who may ask for what. */
function useCare({ session, repairs }: SessionLook, role: Me["role"] | undefined): SessionCare | undefined {
  const doctor = useDoctor({ sessionId: session.id });
  if (session.status !== "ready") return undefined;
  const canExamine = role === "admin" || role === "user";
  return { health: session.vm?.health, repairs, doctor, canExamine, canFix: role === "admin" };
}

/** What fits a session without a picture. */
function StatusView({ look: { session, gate } }: { look: SessionLook }) {
  if (session.status === "pending") return <LaunchView session={session} gate={gate} />;
  if (session.status === "failed") return <FailedView session={session} gate={gate} />;
  if (session.status === "ending" || session.status === "ended") return <EndedView session={session} />;
  return <NoDisplayView session={session} />;
}
