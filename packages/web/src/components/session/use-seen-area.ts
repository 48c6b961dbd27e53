"use client";
import { useEffect } from "react";

/**
 * While it is on, the style sheet knows as `--seen-top` and `--seen-height` what a reader sees above the keyboard on the
 * screen: most browsers lay it over the page, which keeps its size.
 */
export function useSeenArea(isOn: boolean): void {
  useEffect(() => {
    const viewport = window.visualViewport;
    if (!isOn || viewport === null) return;
    const { style } = document.documentElement;
    const ends = new AbortController();
    const look = () => {
      style.setProperty("--seen-top", `${viewport.offsetTop}px`);
      style.setProperty("--seen-height", `${viewport.height}px`);
    };
    look();
    viewport.addEventListener("resize", look, { signal: ends.signal });
    viewport.addEventListener("scroll", look, { signal: ends.signal });
    return () => {
      ends.abort();
      style.removeProperty("--seen-top");
      style.removeProperty("--seen-height");
    };
  }, [isOn]);
}
