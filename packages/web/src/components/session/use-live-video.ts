"use client";
import type { Session } from "@browservm/contract";
import { LiveViewer, type ViewerState } from "@browservm/sdk/viewer";
import { type RefObject, useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { client } from "../../lib/client.ts";
import { socketAddress } from "../../lib/socket-address.ts";
import { tabViewerId } from "../../lib/viewer-id.ts";

/** The video of one session's picture, for the toolbar, the display and what lies over it. */
export interface LiveVideo {
  /** Null while the session has no display. */
  readonly viewer: RefObject<LiveViewer | null>;
  readonly state: ViewerState | null;
  readonly isStatsOpen: boolean;
  readonly toggleStats: () => void;
}

const nothing = () => () => {};

/** The viewer for the life of a component, made anew for another session. */
export function useLiveVideo({ id, vm }: Session, hasDisplay: boolean): LiveVideo {
  const viewer = useRef<LiveViewer | null>(null);
  const [made, setMade] = useState<LiveViewer | null>(null);
  const [isStatsOpen, setStatsOpen] = useState(false);
  const isEmulated = vm?.accelerator === "tcg";
  useEffect(() => {
    if (!hasDisplay) return;
    const url = socketAddress(client.sessions.livePath(id, tabViewerId()));
    const one = new LiveViewer({ url, isEmulated });
    viewer.current = one;
    setMade(one);
    return () => {
      viewer.current = null;
      setMade(null);
      one.close();
    };
  }, [id, isEmulated, hasDisplay]);
  const subscribe = useCallback((tell: () => void) => made?.subscribe(tell) ?? nothing(), [made]);
  const state = useSyncExternalStore(
    subscribe,
    () => made?.state ?? null,
    () => null,
  );
  const toggleStats = useCallback(() => setStatsOpen((isOpen) => !isOpen), []);
  return { viewer, state, isStatsOpen, toggleStats };
}
