"use client";
import type { SessionId } from "@browservm/contract";
import { useSyncExternalStore } from "react";
import { lastFrame, onFrame } from "./last-frames.ts";

/** What a session's display showed last; it may be kept only after its view is gone. */
export function useLastFrame(id: SessionId): string | undefined {
  return useSyncExternalStore(
    onFrame,
    () => lastFrame(id),
    () => undefined,
  );
}
