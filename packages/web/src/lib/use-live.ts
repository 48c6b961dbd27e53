"use client";
import { useEffect, useState, useSyncExternalStore } from "react";
import { LiveQuery, type LiveSnapshot, type LiveSource } from "./live-query.ts";

export interface Live<T> extends LiveSnapshot<T> {
  readonly refresh: () => void;
}

/** A live query for the life of a component. The source is taken once: key the component by what it is about. */
export function useLive<T>(makeSource: () => LiveSource<T>): Live<T> {
  const [query] = useState(() => new LiveQuery(makeSource()));
  useEffect(() => query.start(), [query]);
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
