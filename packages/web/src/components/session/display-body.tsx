"use client";
import { type RefObject, useCallback, useEffect, useState } from "react";
import type { DropReason } from "../../lib/drop-reason.ts";
import type { SessionLook } from "../../lib/live-sources.ts";
import { ClipboardPanel } from "./clipboard-panel.tsx";
import { DropZone } from "./drop-zone.tsx";
import { LiveView } from "./live-view.tsx";
import css from "./session-page.module.css";
import { SidePanel, type Tab } from "./side-panel.tsx";
import { UploadTray } from "./upload-tray.tsx";
import { useDropZone } from "./use-drop-zone.ts";
import type { Files } from "./use-files.ts";
import { useFittedDisplay } from "./use-fitted-display.ts";
import type { LiveVideo } from "./use-live-video.ts";
import type { Sharing } from "./use-sharing.ts";
import { useVnc } from "./use-vnc.ts";

interface DisplayBodyProps {
  readonly look: SessionLook;
  readonly video: LiveVideo;
  readonly stage: RefObject<HTMLDivElement | null>;
  readonly frame: RefObject<HTMLDivElement | null>;
  readonly isPanelOpen: boolean;
  /** Beside it stands what to do here: it leaves room for that. */
  readonly isGuided: boolean;
  /** The side panel's tabs; the clipboard's comes after them. */
  readonly tabs: readonly Tab[];
  /** Another key shows the first tab again. */
  readonly panelKey: number;
  readonly sharing: Sharing;
  readonly files: Files;
  /** The display follows this window. */
  readonly isFitted: boolean;
  readonly onProblem: (words: string) => void;
  readonly onChanged: () => void;
  readonly onSentAway: (reason: DropReason) => void;
}

/** The live display with its side panel; both share one connection, for the clipboard lives in it. */
export function DisplayBody(props: DisplayBodyProps) {
  const { look, video, stage, frame, isPanelOpen, tabs, panelKey, sharing, files, onChanged, onSentAway } =
    props;
  useFittedDisplay({ id: look.session.id, stage, isOn: props.isFitted, onProblem: props.onProblem });
  const isDropping = useDropZone(frame, files.isAllowed ? files.add : null);
  const [isShared, setShared] = useState(false);
  const vnc = useVnc({
    id: look.session.id,
    stage,
    video,
    sharesClipboard: isShared,
    isWatching: sharing.isWatching,
    onDrop: useCallback(
      (reason: DropReason) => (reason.comesBack === "never" ? onSentAway(reason) : onChanged()),
      [onChanged, onSentAway],
    ),
  });
  const isLive = vnc.phase.is === "live";
  useEffect(() => {
    // we are among the viewers now
    if (isLive) onChanged();
  }, [isLive, onChanged]);
  const clipboard = {
    id: "clipboard",
    title: "Clipboard",
    content: () => (
      <ClipboardPanel vnc={vnc} isWatching={sharing.isWatching} isShared={isShared} onShare={setShared} />
    ),
  };
  return (
    <div className={css.body} data-guided={props.isGuided}>
      <main id="main" className={css.display} ref={frame}>
        <h1 className="visually-hidden">Live browser</h1>
        <LiveView session={look.session} claimMs={look.claimMs} {...{ vnc, video, stage, sharing }} />
        <UploadTray files={files} />
        <DropZone isOver={isDropping} />
      </main>
      {isPanelOpen ? <SidePanel key={panelKey} tabs={[...tabs, clipboard]} /> : null}
    </div>
  );
}
