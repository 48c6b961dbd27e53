"use client";
import type { Session } from "@browservm/contract";
import { LiveView as Screen } from "@browservm/sdk/react";
import { UNZOOMED, type VncPhase } from "@browservm/sdk/screen";
import type { ViewerState } from "@browservm/sdk/viewer";
import { Copy, Keyboard, Loader, MonitorUp, RotateCw, Unplug } from "lucide-react";
import { type RefObject, useEffect, useRef } from "react";
import { goneWords, wayWords } from "../../lib/live-words.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { BeginningChip } from "./beginning.tsx";
import { ControlBar } from "./control-bar.tsx";
import css from "./live-view.module.css";
import { OverPicture } from "./over-picture.tsx";
import { TouchKeys } from "./touch-keys.tsx";
import type { Bars } from "./use-bars.ts";
import { useDisplaySize } from "./use-display-size.ts";
import { useKeyboardCapture } from "./use-keyboard-capture.ts";
import type { LiveVideo } from "./use-live-video.ts";
import type { Sharing } from "./use-sharing.ts";
import { VideoNote } from "./video-note.tsx";

interface LiveViewProps {
  readonly session: Session;
  readonly claimMs: number | undefined;
  readonly video: LiveVideo;
  readonly stage: RefObject<HTMLDivElement | null>;
  /** What has the size that the page gives the display. */
  readonly view: RefObject<HTMLDivElement | null>;
  readonly sharing: Sharing;
  readonly bars: Bars;
}

const STATES: Readonly<Record<VncPhase["is"], string>> = {
  live: "Live",
  connecting: "Connecting…",
  waiting: "Reconnecting…",
  over: "Not connected",
};

const BEFORE: VncPhase = { is: "connecting", reason: null };

/** The VM's display. It takes the keyboard only when asked, and always gives it back. */
export function LiveView({ session, claimMs, video, stage, view, sharing, bars }: LiveViewProps) {
  const { isWatching } = sharing;
  const exit = useRef<HTMLButtonElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  useGivenUpKeyboard(stage, isWatching);
  const isCaptured = useKeyboardCapture(stage, exit);
  const { screen } = video;
  const phase = video.state?.display ?? BEFORE;
  const isLive = phase.is === "live";
  const mayType = isLive && !isWatching;
  const onType = () => field.current?.focus();
  useEffect(() => screen?.setViewOnly(isWatching), [screen, isWatching]);
  return (
    <>
      <Screen
        screen={screen}
        ref={view}
        displayRef={stage}
        className={css.stage}
        data-captured={isCaptured}
        data-watching={isWatching}
      >
        {isLive ? <VideoNote video={video} /> : null}
        <OverPicture {...{ screen, bars, exit, mayType, onType }} zoom={video.state?.zoom ?? UNZOOMED} />
        {phase.is === "live" ? null : (
          <Curtain
            phase={phase}
            gone={video.state && goneWords(video.state.video)}
            onRetry={() => screen?.retryNow()}
          />
        )}
      </Screen>
      <ControlBar sharing={sharing} isLive={isLive} entry={exit} />
      {bars.isHidden ? null : (
        <Strip {...{ session, claimMs, video, phase, mayType, isCaptured, exit, stage }} onType={onType} />
      )}
      <TouchKeys screen={screen} field={field} isAllowed={mayType} />
      <p className="visually-hidden" aria-live="assertive">
        {isCaptured ? "Keyboard goes to the VM. Press Control, Alt and Shift together to get it back." : ""}
      </p>
    </>
  );
}

interface StripProps extends Pick<LiveViewProps, "session" | "claimMs" | "video" | "stage"> {
  readonly phase: VncPhase;
  readonly mayType: boolean;
  readonly isCaptured: boolean;
  /** What has the focus after the VM gave the keyboard back. */
  readonly exit: RefObject<HTMLButtonElement | null>;
  readonly onType: () => void;
}

/** How the display is, and the ways to type in it. */
function Strip({ session, claimMs, video, stage, phase, mayType, isCaptured, exit, onType }: StripProps) {
  const { width, height } = useDisplaySize(stage) ?? session.viewport;
  return (
    <div className={css.strip}>
      <div className={css.left}>
        <span className={css.state} data-phase={phase.is}>
          {STATES[phase.is]}
        </span>
        {phase.is === "live" && video.state ? <WayChip state={video.state.video} /> : null}
        <span className={css.began}>
          <BeginningChip session={session} claimMs={claimMs} />
        </span>
      </div>
      <button
        type="button"
        className={css.touch}
        aria-label="Keyboard on the screen"
        disabled={!mayType}
        onClick={onType}
      >
        <Keyboard size={18} aria-hidden="true" />
        <span>Keyboard</span>
      </button>
      <button
        ref={exit}
        type="button"
        className={css.entry}
        disabled={!mayType}
        onClick={() => video.screen?.focus()}
      >
        <Keyboard size={15} aria-hidden="true" />
        {isCaptured ? (
          <span>
            The VM has your keyboard: <kbd>Ctrl</kbd> <kbd>Alt</kbd> <kbd>Shift</kbd> gives it back
          </span>
        ) : (
          <span>Type in the browser</span>
        )}
      </button>
      <span className={css.size}>
        {width} × {height}
      </span>
    </div>
  );
}

/** By which way the picture comes, and why it is not a better one. */
function WayChip({ state }: { state: ViewerState }) {
  const words = wayWords(state);
  return (
    <span className={css.way} title={words} data-testid="way">
      {words}
    </span>
  );
}

/** Who loses the control has no use for a display that swallows keys. */
function useGivenUpKeyboard(stage: RefObject<HTMLElement | null>, isWatching: boolean): void {
  useEffect(() => {
    const active = document.activeElement;
    if (isWatching && active instanceof HTMLElement && stage.current?.contains(active)) active.blur();
  }, [stage, isWatching]);
}

interface CurtainProps {
  readonly phase: Exclude<VncPhase, { is: "live" }>;
  /** What the VM itself says of its display, when that has ended. */
  readonly gone: string | null;
  readonly onRetry: () => void;
}

/** What lies over the display while there is no picture: why, and what happens next. */
function Curtain({ phase, gone, onRetry }: CurtainProps) {
  const now = useNow(250);
  if (phase.is === "connecting")
    return (
      <div className={css.curtain}>
        <Loader className={css.spin} size={26} aria-hidden="true" />
        <div role="status">
          {phase.reason === null ? null : <h2>{phase.reason.title}</h2>}
          <p>{gone ?? (phase.reason === null ? "Connecting to the display…" : "Connecting again…")}</p>
        </div>
      </div>
    );
  if (phase.is === "over")
    return (
      <div className={css.curtain}>
        <Copy size={26} aria-hidden="true" />
        <div role="status">
          <h2>{phase.reason.title}</h2>
          <p>{phase.reason.what}</p>
        </div>
        <Button look="primary" icon={<MonitorUp size={15} />} onClick={onRetry}>
          Use it here
        </Button>
      </div>
    );
  const seconds = now === null ? 0 : Math.max(0, Math.ceil((phase.retryAt - now) / 1000));
  return (
    <div className={css.curtain}>
      <Unplug size={26} aria-hidden="true" />
      <div role="status">
        <h2>{phase.reason.title}</h2>
        <p>{gone ?? phase.reason.what}</p>
      </div>
      <Button icon={<RotateCw size={15} />} onClick={onRetry}>
        Try now{seconds > 0 ? ` (in ${seconds} s by itself)` : ""}
      </Button>
    </div>
  );
}
