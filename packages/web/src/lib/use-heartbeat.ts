"use client";
import type { Session } from "@browservm/contract";
import { useEffect } from "react";
import { pause } from "./backoff.ts";
import { client } from "./client.ts";

const EVERY_MS = 60_000;

/** Says once a minute that somebody looks at this session, as long as it is so. */
export function useHeartbeat({ id, status }: Session): void {
  useEffect(() => {
    if (status !== "ready") return;
    const ended = new AbortController();
    const beat = async () => {
      while (!ended.signal.aborted) {
        // a beat that is lost is followed by the next one
        if (document.visibilityState === "visible") await client.sessions.heartbeat(id).catch(() => {});
        await pause(EVERY_MS, ended.signal);
      }
    };
    void beat();
    return () => ended.abort();
  }, [id, status]);
}
