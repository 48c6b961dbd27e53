"use client";
import type { Signin } from "@browservm/contract";
import { useEffect } from "react";
import { pause } from "./backoff.ts";
import { client } from "./client.ts";
import { isSigninOver } from "./signin-view.ts";

const EVERY_MS = 20_000;

/** Says that the page of a sign-in is open, also while it is hidden: without that, closing it would not be noticed. */
export function useSigninHeartbeat(signin: Signin | null): void {
  const id = signin === null || isSigninOver(signin) ? null : signin.id;
  useEffect(() => {
    if (id === null) return;
    const ended = new AbortController();
    const beat = async () => {
      while (!ended.signal.aborted) {
        // a beat that is lost is followed by the next one
        await client.signins.heartbeat(id).catch(() => {});
        await pause(EVERY_MS, ended.signal);
      }
    };
    void beat();
    return () => ended.abort();
  }, [id]);
}
