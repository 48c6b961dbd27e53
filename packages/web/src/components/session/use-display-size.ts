"use client";
import { type RefObject, useEffect, useState } from "react";
import type { Size } from "../../lib/display-fitter.ts";

/** The size that the display itself has, for as long as it shows a picture; null before. */
export function useDisplaySize(stage: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    const element = stage.current;
    if (element === null) return;
    const look = () => {
      const { width = 0, height = 0 } = element.querySelector("canvas") ?? {};
      // a canvas that shows nothing yet has neither
      if (width > 0 && height > 0) setSize({ width, height });
    };
    look();
    const observer = new MutationObserver(look);
    observer.observe(element, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ["width", "height"],
    });
    return () => observer.disconnect();
  }, [stage]);
  return size;
}
