"use client";
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { LiveScreen, type LiveScreenSpec, type LiveScreenState } from "../screen/live-screen.ts";

/**
 * The live screen of one session for the life of a component: made anew for other addresses, null while `spec` is, and
 * during the first rendering. What is called back may change freely.
 */
export function useLiveScreen(spec: LiveScreenSpec | null): LiveScreen | null {
  const [screen, setScreen] = useState<LiveScreen | null>(null);
  const newest = useRef(spec);
  const { liveUrl, displayUrl, isEmulated = false, isClosed = false } = spec ?? {};
  const givesImages = spec?.giveImage !== undefined;
  useEffect(() => {
    if (liveUrl === undefined || displayUrl === undefined) return;
    const made = new LiveScreen({
      liveUrl,
      displayUrl,
      isEmulated,
      isClosed,
      onLost: (reason) => newest.current?.onLost?.(reason),
      onCopied: (text) => newest.current?.onCopied?.(text),
      onPictureGoes: (picture) => newest.current?.onPictureGoes?.(picture),
      ...(givesImages ? { giveImage: async (png) => newest.current?.giveImage?.(png) } : {}),
    });
    setScreen(made);
    return () => {
      setScreen(null);
      made.close();
    };
  }, [liveUrl, displayUrl, isEmulated, isClosed, givesImages]);
  // after the end of the screen before, whose last picture is told to those who wanted that one
  useEffect(() => {
    newest.current = spec;
  });
  return screen;
}

const nothing = () => () => {};

/** What a screen shows and says now; null while there is none. */
export function useScreenState(screen: LiveScreen | null): LiveScreenState | null {
  const subscribe = useCallback((tell: () => void) => screen?.subscribe(tell) ?? nothing(), [screen]);
  return useSyncExternalStore(
    subscribe,
    () => screen?.state ?? null,
    () => null,
  );
}
