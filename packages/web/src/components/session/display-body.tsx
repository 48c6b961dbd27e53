"use client";
import { type RefObject, useEffect, useRef } from "react";
import type { SessionLook } from "../../lib/live-sources.ts";
import { ClipboardPanel } from "./clipboard-panel.tsx";
import { DropZone } from "./drop-zone.tsx";
import { LiveView } from "./live-view.tsx";
import css from "./session-page.module.css";
import { SidePanel, type Tab } from "./side-panel.tsx";
import { UploadTray } from "./upload-tray.tsx";
import type { Bars } from "./use-bars.ts";
import { useDropZone } from "./use-drop-zone.ts";
import type { Files } from "./use-files.ts";
import { useFittedDisplay } from "./use-fitted-display.ts";
import type { LiveVideo } from "./use-live-video.ts";
import { useSharedClipboard } from "./use-shared-clipboard.ts";
import type { Sharing } from "./use-sharing.ts";

interface DisplayBodyProps {
  readonly look: SessionLook;
  readonly video: LiveVideo;
  readonly stage: RefObject<HTMLDivElement | null>;
  readonly frame: RefObject<HTMLDivElement | null>;
  readonly isPanelOpen: boolean;
  readonly bars: Bars;
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
}

/** The live display with its side panel. */
export function DisplayBody(props: DisplayBodyProps) {
  const { look, video, stage, frame, isPanelOpen, tabs, panelKey, sharing, files, onChanged } = props;
  const view = useRef<HTMLDivElement>(null);
  useFittedDisplay({ id: look.session.id, view, isOn: props.isFitted, onProblem: props.onProblem });
  const isDropping = useDropZone(frame, files.isAllowed ? files.add : null);
  useSharedClipboard(stage, video.screen, video.sharesClipboard && look.session.clipboard.toGuest);
  const isLive = video.state?.display.is === "live";
  useEffect(() => {
    // we are among the viewers now
    if (isLive) onChanged();
  }, [isLive, onChanged]);
  const clipboard = {
    id: "clipboard",
    title: "Clipboard",
    content: () => (
      <ClipboardPanel video={video} policy={look.session.clipboard} isWatching={sharing.isWatching} />
    ),
  };
  return (
    <div className={css.body} data-guided={props.isGuided} data-bare={props.bars.isHidden}>
      <main id="main" className={css.display} ref={frame}>
        <h1 className="visually-hidden">Live browser</h1>
        <LiveView
          session={look.session}
          claimMs={look.claimMs}
          {...{ video, stage, view, sharing }}
          bars={props.bars}
        />
        <UploadTray files={files} />
        <DropZone isOver={isDropping} />
      </main>
      {isPanelOpen ? <SidePanel key={panelKey} tabs={[...tabs, clipboard]} /> : null}
    </div>
  );
}
