"use client";
import { type RefObject, useEffect, useRef } from "react";
import type { LiveVideo } from "./use-live-video.ts";
import css from "./video-layer.module.css";

interface VideoLayerProps {
  readonly video: LiveVideo;
  /** In which noVNC has its canvas. */
  readonly display: RefObject<HTMLElement | null>;
}

/** Where video paints: over noVNC's canvas, which keeps keys, pointer and cursor. */
export function VideoLayer({ video, display }: VideoLayerProps) {
  const layer = useRef<HTMLDivElement>(null);
  const { viewer, state } = video;
  const isThere = state !== null;
  useEffect(() => {
    if (!isThere || !layer.current || !display.current) return;
    return viewer.current?.mount(layer.current, display.current);
  }, [viewer, display, isThere]);
  return <div ref={layer} className={css.layer} data-testid="video" data-rung={state?.rung} hidden />;
}
