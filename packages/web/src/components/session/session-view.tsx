"use client";
import type { Me } from "@browservm/contract";
import type { DropReason } from "@browservm/sdk/screen";
import { useCallback, useRef, useState } from "react";
import { hasControl } from "../../lib/control-view.ts";
import type { SessionLook } from "../../lib/live-sources.ts";
import { may } from "../../lib/may.ts";
import type { SessionCare } from "../../lib/session-care.ts";
import { phaseOf } from "../../lib/session-phase.ts";
import { useDoctor } from "../../lib/use-doctor.ts";
import { useHeartbeat } from "../../lib/use-heartbeat.ts";
import { useMe } from "../../lib/use-me.ts";
import { DisplayBody } from "./display-body.tsx";
import { HealthBar } from "./health-bar.tsx";
import { LaunchView } from "./launch-view.tsx";
import { EndedView, FailedView, NoDisplayView } from "./over-view.tsx";
import { PausedView, PausingView } from "./rest-view.tsx";
import { type Asked, SessionDialogs } from "./session-dialogs.tsx";
import css from "./session-page.module.css";
import { sessionTabs } from "./session-tabs.tsx";
import { SidePanel } from "./side-panel.tsx";
import { Toast } from "./toast.tsx";
import { Toolbar } from "./toolbar.tsx";
import { UploadTray } from "./upload-tray.tsx";
import { useBars } from "./use-bars.ts";
import { useFiles } from "./use-files.ts";
import { useLiveVideo } from "./use-live-video.ts";
import { useSharing } from "./use-sharing.ts";
import { WarningBar } from "./warning-bar.tsx";

interface SessionViewProps {
  readonly look: SessionLook;
  /** It is a step of something that starts and ends it by itself: it can be neither paused, forked nor ended here. */
  readonly isGuided?: boolean;
  readonly onChanged: () => void;
  readonly onSentAway: (reason: DropReason) => void;
}

const WIDE = "(width >= 960px)";

/** A session's toolbar, what fits its status, and the side panel. */
export function SessionView({ look, isGuided = false, onChanged, onSentAway }: SessionViewProps) {
  const { session } = look;
  const [wantsPanel, setWantsPanel] = useState<boolean | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [note, setNote] = useState<string | null>(null);
  const noNote = useCallback(() => setNote(null), []);
  const stage = useRef<HTMLDivElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const me = useMe();
  const isViewer = me !== null && !may(me, "sessions:write");
  const care = useCare(look, me);
  const sharing = useSharing({ look, isOperator: may(me, "sessions:write"), onChanged, onNews: setNote });
  const files = useFiles(session.id, sharing.isOperator || hasControl(sharing.viewers, sharing.mine));
  // counted, so that each wish shows the panel's first tab anew
  const [whys, setWhys] = useState(0);
  useHeartbeat(session);
  const [wantsFit, setWantsFit] = useState(false);
  const mayFit = !isViewer && !sharing.isWatching;
  const fit = { isOn: wantsFit && mayFit, isAllowed: mayFit, toggle: () => setWantsFit(!wantsFit) };
  const hasDisplay = session.status === "ready" && session.vm?.hasBrowser === true;
  const bars = useBars(hasDisplay);
  const onLost = useCallback(
    (reason: DropReason) => (reason.comesBack === "never" ? onSentAway(reason) : onChanged()),
    [onChanged, onSentAway],
  );
  const video = useLiveVideo({ session, hasDisplay, onLost });
  // until the reader chooses, the panel is open where there is room for it
  const isPanelOpen = wantsPanel ?? (session.status === "ready" && !isGuided && matchMedia(WIDE).matches);
  const why = () => {
    setWhys(whys + 1);
    setWantsPanel(true);
    care?.doctor.run();
  };
  const tabs = sessionTabs({ look, care, isViewer, files, onChanged });
  return (
    <>
      {bars.isHidden ? null : (
        <Toolbar
          {...{ session, frame, isPanelOpen, isViewer, isGuided, sharing, video, fit, bars, onChanged }}
          onPanel={() => setWantsPanel(!isPanelOpen)}
          onAsk={setAsked}
          onProblem={setNote}
        />
      )}
      <WarningBar {...{ session, warnings: look.warnings, isViewer, onChanged }} />
      <HealthBar health={care?.health} onWhy={care?.canExamine ? why : undefined} />
      {hasDisplay ? (
        <DisplayBody
          {...{
            look,
            video,
            tabs,
            stage,
            frame,
            bars,
            isGuided,
            sharing,
            files,
            onChanged,
          }}
          isPanelOpen={isPanelOpen && !bars.isHidden}
          isFitted={fit.isOn}
          onProblem={setNote}
          panelKey={whys}
        />
      ) : (
        <div className={css.body}>
          <main id="main" className={css.main}>
            <StatusView {...{ look, isViewer, onChanged }} onAsk={setAsked} />
            <UploadTray files={files} />
          </main>
          {isPanelOpen ? <SidePanel key={whys} tabs={tabs} /> : null}
        </div>
      )}
      {note === null ? null : <Toast key={note} words={note} onGone={noNote} />}
      <SessionDialogs {...{ session, asked, sharing, onChanged }} onClose={() => setAsked(null)} />
    </>
  );
}

/** What cares for a session that is ready, and who may ask for what. */
function useCare({ session, repairs }: SessionLook, me: Me | null): SessionCare | undefined {
  const doctor = useDoctor({ sessionId: session.id });
  if (session.status !== "ready") return undefined;
  const canExamine = may(me, "sessions:write");
  return { health: session.vm?.health, repairs, doctor, canExamine, canFix: may(me, "host:write") };
}

interface StatusViewProps extends Omit<SessionViewProps, "isGuided" | "onSentAway"> {
  readonly isViewer: boolean;
  readonly onAsk: (asked: Asked) => void;
}

/** What fits a session without a picture. */
function StatusView({ look, isViewer, onAsk, onChanged }: StatusViewProps) {
  const { session, gate, restReason } = look;
  const phase = phaseOf(session);
  if (phase === "pending") return <LaunchView session={session} gate={gate} />;
  if (phase === "pausing") return <PausingView session={session} />;
  if (phase === "paused")
    return <PausedView {...{ session, isViewer, onAsk, onChanged }} reason={restReason} />;
  if (phase === "resuming") return <LaunchView session={session} gate={gate} isResuming />;
  if (phase === "failed") return <FailedView session={session} gate={gate} />;
  if (phase === "ending" || phase === "ended") return <EndedView session={session} />;
  return <NoDisplayView session={session} />;
}
