"use client";
import { type HTMLAttributes, type Ref, useImperativeHandle, useLayoutEffect, useRef } from "react";
import type { LiveScreen } from "../screen/live-screen.ts";
import { useScreenState } from "./use-live-screen.ts";

export interface LiveViewProps extends HTMLAttributes<HTMLDivElement> {
  /** Of `useLiveScreen`. */
  readonly screen: LiveScreen | null;
  /** The element itself. */
  readonly ref?: Ref<HTMLDivElement>;
  /** The element that takes the keyboard, for who wants to know of that. */
  readonly displayRef?: Ref<HTMLDivElement>;
}

/**
 * The picture of one session, with its keys, pointer and touch gestures. It fills the element, which must have a size;
 * its children lie over the picture.
 */
export function LiveView({ screen, ref, displayRef, children, ...rest }: LiveViewProps) {
  const root = useRef<HTMLDivElement>(null);
  const pane = useRef<HTMLDivElement>(null);
  const display = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const state = useScreenState(screen);
  useImperativeHandle(ref, () => root.current as HTMLDivElement, []);
  useImperativeHandle(displayRef, () => display.current as HTMLDivElement, []);
  useLayoutEffect(() => {
    if (!screen || !root.current || !pane.current || !display.current || !layer.current) return;
    return screen.mount({
      root: root.current,
      pane: pane.current,
      display: display.current,
      layer: layer.current,
    });
  }, [screen]);
  return (
    <div {...rest} ref={root}>
      <div ref={pane}>
        <div ref={display} data-testid="display" />
        <div ref={layer} data-testid="video" data-rung={state?.video.rung} hidden />
      </div>
      {children}
    </div>
  );
}
