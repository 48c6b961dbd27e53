"use client";
import { useEffect, useState, useSyncExternalStore } from "react";
import { LiveQuery, type LiveSnapshot, type LiveSource } from "./live-query.ts";

export interface Live<T> extends LiveSnapshot<T> {
  readonly refresh: () => void;
}

export interface LiveOptions {
  /** Nothing is asked, and no stream is open, while the page is hidden. */
  readonly restsWhenHidden?: boolean;
}

/** A live query for the life of a component. The source is taken once: key the component by what it is about. */
export function useLive<T>(
  makeSource: () => LiveSource<T>,
  { restsWhenHidden = false }: LiveOptions = {},
): Live<T> {
  const [query] = useState(() => new LiveQuery(makeSource()));
  useEffect(
    () => (restsWhenHidden ? whileVisible(() => query.start()) : query.start()),
    [query, restsWhenHidden],
  );
  useEffect(() => {
    const onReturn = () => {
      if (document.visibilityState === "visible") query.refresh();
    };
    document.addEventListener("visibilitychange", onReturn);
    window.addEventListener("online", onReturn);
    return () => {
      document.removeEventListener("visibilitychange", onReturn);
      window.removeEventListener("online", onReturn);
    };
  }, [query]);
  const snapshot = useSyncExternalStore(query.subscribe, query.snapshot, query.snapshot);
  return { ...snapshot, refresh: query.refresh };
}

/** Runs something while the page can be seen; both `start` and this return what ends it. */
function whileVisible(start: () => () => void): () => void {
  let stop: (() => void) | null = null;
  const follow = () => {
    const isVisible = document.visibilityState === "visible";
    if (isVisible && stop === null) stop = start();
    if (isVisible || stop === null) return;
    stop();
    stop = null;
  };
  follow();
  document.addEventListener("visibilitychange", follow);
  return () => {
    document.removeEventListener("visibilitychange", follow);
    stop?.();
  };
}
