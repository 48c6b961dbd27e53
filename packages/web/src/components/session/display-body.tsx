"use client";
import { type RefObject, useState } from "react";
import type { SessionLook } from "../../lib/live-sources.ts";
import { ClipboardPanel } from "./clipboard-panel.tsx";
import { LiveView } from "./live-view.tsx";
import css from "./session-page.module.css";
import { SidePanel, type Tab } from "./side-panel.tsx";
import { useVnc } from "./use-vnc.ts";

interface DisplayBodyProps {
  readonly look: SessionLook;
  readonly stage: RefObject<HTMLDivElement | null>;
  readonly frame: RefObject<HTMLDivElement | null>;
  readonly isPanelOpen: boolean;
  /** The side panel's tabs; the clipboard's comes after them. */
  readonly tabs: readonly Tab[];
  /** Another key shows the first tab again. */
  readonly panelKey: number;
  readonly onChanged: () => void;
}

/** The live display with its side panel; both share one connection, for the clipboard lives in it. */
export function DisplayBody(props: DisplayBodyProps) {
  const { look, stage, frame, isPanelOpen, tabs, panelKey, onChanged } = props;
  const [isShared, setShared] = useState(false);
  const vnc = useVnc({
    id: look.session.id,
    stage,
    sharesClipboard: isShared,
    onDrop: onChanged,
  });
  const clipboard = {
    id: "clipboard",
    title: "Clipboard",
    content: () => <ClipboardPanel vnc={vnc} isShared={isShared} onShare={setShared} />,
  };
  return (
    <div className={css.body}>
      <main id="main" className={css.display} ref={frame}>
        <h1 className="visually-hidden">Live browser</h1>
        <LiveView session={look.session} claimMs={look.claimMs} vnc={vnc} stage={stage} />
      </main>
      {isPanelOpen ? <SidePanel key={panelKey} tabs={[...tabs, clipboard]} /> : null}
    </div>
  );
}
