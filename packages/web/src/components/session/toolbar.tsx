"use client";
import { type Session, toBrowserVmError } from "@browservm/contract";
import {
  Camera,
  CircleHelp,
  GitFork,
  Maximize,
  PanelRight,
  PanelTopClose,
  Pause,
  Power,
  Scaling,
  Users,
} from "lucide-react";
import type { RefObject } from "react";
import { client } from "../../lib/client.ts";
import { countWords } from "../../lib/control-view.ts";
import { download } from "../../lib/download.ts";
import { enterFullScreen, leaveFullScreen } from "../../lib/full-screen.ts";
import { phaseOf } from "../../lib/session-phase.ts";
import { Button, IconButton } from "../button.tsx";
import { IsolationBadge } from "../isolation-badge.tsx";
import { AddressBar } from "./address-bar.tsx";
import type { Asked } from "./session-dialogs.tsx";
import css from "./toolbar.module.css";
import type { Bars } from "./use-bars.ts";
import type { LiveVideo } from "./use-live-video.ts";
import type { Sharing } from "./use-sharing.ts";
import { VideoTools } from "./video-tools.tsx";

interface ToolbarProps {
  readonly session: Session;
  /** What goes full screen: the display with its strip. */
  readonly frame: RefObject<HTMLElement | null>;
  readonly isPanelOpen: boolean;
  readonly isViewer: boolean;
  /** What it is a step of starts and ends it. */
  readonly isGuided: boolean;
  readonly sharing: Sharing;
  readonly video: LiveVideo;
  readonly fit: Fit;
  readonly bars: Bars;
  readonly onPanel: () => void;
  readonly onAsk: (asked: Asked) => void;
  readonly onChanged: () => void;
  readonly onProblem: (words: string) => void;
}

/** Whether the VM's display follows this window. */
export interface Fit {
  readonly isOn: boolean;
  /** Others look at it too: only who has the control changes its size. */
  readonly isAllowed: boolean;
  readonly toggle: () => void;
}

const WITHOUT_END: ReadonlySet<string> = new Set(["paused", "ending", "ended"]);

/** What one can do with a session, in one row. */
export function Toolbar(props: ToolbarProps) {
  const { session, isPanelOpen, isViewer, isGuided, onPanel, onAsk, onChanged } = props;
  const isReady = session.status === "ready";
  const hasDisplay = isReady && session.vm?.hasBrowser === true;
  // a session that is paused has it in its view
  const hasEnd = !isViewer && !isGuided && !WITHOUT_END.has(phaseOf(session));
  return (
    <div className={css.toolbar} role="toolbar" aria-label="Session">
      {hasDisplay && !isViewer ? (
        <AddressBar id={session.id} url={session.url} onNavigated={onChanged} />
      ) : (
        <div className={css.gap} />
      )}
      <IsolationBadge isolation={session.vm?.isolation} />
      {hasDisplay ? <VideoTools video={props.video} sharing={props.sharing} /> : null}
      {hasDisplay ? <DisplayActions {...props} /> : null}
      {hasDisplay ? <ShareButton {...props} /> : null}
      {isReady && !isViewer && !isGuided && canRest(session) ? <RestActions onAsk={onAsk} /> : null}
      <IconButton
        label={isPanelOpen ? "Hide the side panel" : "Show the side panel"}
        aria-expanded={isPanelOpen}
        onClick={onPanel}
      >
        <PanelRight size={18} />
      </IconButton>
      {hasEnd ? (
        <Button
          look="danger"
          icon={<Power size={16} />}
          className={css.end}
          aria-label="End"
          onClick={() => onAsk("end")}
        >
          <span>End</span>
        </Button>
      ) : null}
    </div>
  );
}

/** Leads to who is here; with the way to let others in for those who may do that. */
function ShareButton({ sharing, onAsk }: Pick<ToolbarProps, "sharing" | "onAsk">) {
  const { viewers, isOperator } = sharing;
  const label = `${isOperator ? "Share" : "Who is here"}: ${countWords(viewers)}`;
  return (
    <Button
      look="quiet"
      className={css.share}
      icon={<Users size={18} aria-hidden="true" />}
      aria-label={label}
      aria-haspopup="dialog"
      title={label}
      onClick={() => onAsk("share")}
    >
      {isOperator ? <span className={css.word}>Share</span> : null}
      <span className={css.count} data-many={viewers !== null && viewers.length > 1}>
        {viewers?.length ?? "–"}
      </span>
    </Button>
  );
}

/** A container cannot be frozen. */
const canRest = ({ vm }: Session): boolean => vm?.isolation !== "container";

/** A session that is paused has these in its view. */
function RestActions({ onAsk }: Pick<ToolbarProps, "onAsk">) {
  return (
    <>
      <IconButton label="Fork this session" onClick={() => onAsk("fork")}>
        <GitFork size={18} />
      </IconButton>
      <IconButton label="Pause this session" onClick={() => onAsk("pause")}>
        <Pause size={18} />
      </IconButton>
    </>
  );
}

function DisplayActions({ session, frame, isViewer, fit, bars, onChanged, onProblem, onAsk }: ToolbarProps) {
  const attempt = (work: Promise<unknown>) => {
    work.then(onChanged, (error: unknown) => onProblem(toBrowserVmError(error).message));
  };
  const save = async () => {
    const png = await client.sessions.screenshot(session.id);
    download(png, `browservm-${session.id.slice(4, 12)}.png`, "image/png");
  };
  const fullScreen = () => {
    if (!frame.current) return;
    const work = document.fullscreenElement ? leaveFullScreen() : enterFullScreen(frame.current);
    work.catch(() => onProblem("This browser does not allow full screen here."));
  };
  return (
    <>
      {isViewer ? null : (
        <IconButton
          label="Fit the VM's display to this window"
          isOn={fit.isOn}
          disabled={!fit.isAllowed}
          onClick={fit.toggle}
        >
          <Scaling size={18} />
        </IconButton>
      )}
      <IconButton label="Save a screenshot" onClick={() => attempt(save())}>
        <Camera size={18} />
      </IconButton>
      <IconButton label="Full screen" onClick={fullScreen}>
        <Maximize size={18} />
      </IconButton>
      <IconButton label="Hide the bars" onClick={bars.toggle}>
        <PanelTopClose size={18} />
      </IconButton>
      <IconButton label="Keys and gestures" aria-haspopup="dialog" onClick={() => onAsk("help")}>
        <CircleHelp size={18} />
      </IconButton>
    </>
  );
}
