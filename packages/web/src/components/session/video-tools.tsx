"use client";
import { Activity, Volume2, VolumeX } from "lucide-react";
import { useEffect } from "react";
import { IconButton } from "../button.tsx";
import { QualityMenu } from "./quality-menu.tsx";
import css from "./toolbar.module.css";
import type { LiveVideo } from "./use-live-video.ts";
import type { Sharing } from "./use-sharing.ts";

interface VideoToolsProps {
  readonly video: LiveVideo;
  readonly sharing: Sharing;
}

/** Sound, the way of the picture and its numbers. */
export function VideoTools({ video, sharing }: VideoToolsProps) {
  const { screen, isStatsOpen, toggleStats } = video;
  const state = video.state?.video ?? null;
  useStatsKey(toggleStats);
  if (screen === null || state === null) return null;
  const { viewer } = screen;
  const me = sharing.viewers?.find(({ id }) => id === sharing.mine);
  const hasSound = state.rung !== "vnc" && state.stream?.hasAudio === true;
  return (
    <>
      {hasSound ? (
        <IconButton
          label={state.isSoundOn ? "Mute the VM's sound" : "Let the VM be heard"}
          isOn={state.isSoundOn}
          onClick={() => viewer.setSound(!state.isSoundOn)}
        >
          {state.isSoundOn ? <Volume2 size={18} /> : <VolumeX size={18} />}
        </IconButton>
      ) : null}
      <QualityMenu viewer={viewer} state={state} canSet={me?.canControl ?? false} />
      <IconButton
        label="Numbers of the picture (Ctrl+Alt+S)"
        aria-keyshortcuts="Control+Alt+S"
        className={css.numbers}
        isOn={isStatsOpen}
        onClick={toggleStats}
      >
        <Activity size={18} />
      </IconButton>
    </>
  );
}

/** Works also while the VM has the keyboard: the display never hears the S. */
function useStatsKey(toggle: () => void): void {
  useEffect(() => {
    const onDown = (event: KeyboardEvent) => {
      if (!event.ctrlKey || !event.altKey || event.shiftKey || event.code !== "KeyS" || event.repeat) return;
      event.preventDefault();
      event.stopPropagation();
      toggle();
    };
    addEventListener("keydown", onDown, true);
    return () => removeEventListener("keydown", onDown, true);
  }, [toggle]);
}
