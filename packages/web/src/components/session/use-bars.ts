"use client";
import { useState } from "react";
import { useMatches } from "../../lib/use-matches.ts";

/** The bars around a picture, which can be hidden to leave all the room to it. */
export interface Bars {
  readonly isHidden: boolean;
  readonly toggle: () => void;
}

/** Until the reader chooses they are hidden where they would leave little: on a phone that lies on its side. */
export function useBars(hasDisplay: boolean): Bars {
  const [wants, setWants] = useState<boolean | null>(null);
  const isLow = useMatches("(height < 480px) and (any-pointer: coarse)");
  const isShown = wants ?? !isLow;
  return { isHidden: hasDisplay && !isShown, toggle: () => setWants(!isShown) };
}
