"use client";
import type { LiveScreen } from "@browservm/sdk/screen";
import { type RefObject, useEffect } from "react";
import { readAllowedClipboard } from "../../lib/clipboard.ts";

/** Gives the VM the reader's clipboard whenever they turn to it, if both have allowed it. */
export function useSharedClipboard(
  stage: RefObject<HTMLElement | null>,
  screen: LiveScreen | null,
  isOn: boolean,
): void {
  useEffect(() => {
    const element = stage.current;
    if (!isOn || element === null) return;
    let last = "";
    const give = async () => {
      const text = await readAllowedClipboard();
      if (text === null || text === "" || text === last) return;
      last = text;
      try {
        screen?.paste(text);
      } catch {
        // too large: the panel says so to who tries it there
      }
    };
    const onFocus = () => void give();
    element.addEventListener("focusin", onFocus);
    return () => element.removeEventListener("focusin", onFocus);
  }, [stage, screen, isOn]);
}
