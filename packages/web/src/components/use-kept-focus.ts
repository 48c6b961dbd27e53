"use client";
import { type FocusEvent, type RefObject, useEffect, useRef } from "react";

interface KeptFocus<T extends HTMLElement> {
  readonly ref: RefObject<T | null>;
  readonly tabIndex: -1;
  readonly onFocus: () => void;
  readonly onBlur: (event: FocusEvent) => void;
}

/**
 * For a part of the page whose buttons come and go: when the one with the focus goes, the part itself gets it, or `heir`,
 * so that who uses the keyboard does not start anew at the top of the page.
 */
export function useKeptFocus<T extends HTMLElement>(heir?: RefObject<HTMLElement | null>): KeptFocus<T> {
  const ref = useRef<T>(null);
  const hadFocus = useRef(false);
  useEffect(() => {
    // an element that is taken out of the page says no word about its focus
    if (!hadFocus.current || document.activeElement !== document.body) return;
    (heir ?? ref).current?.focus();
    // behind a modal dialog nothing can have it yet: then it is tried again
    if (heir && document.activeElement === heir.current) hadFocus.current = false;
  });
  return {
    ref,
    tabIndex: -1,
    onFocus: () => {
      hadFocus.current = true;
    },
    onBlur: ({ target }) => {
      // a button that is busy loses the focus against its will
      if (!target.matches(":disabled")) hadFocus.current = false;
    },
  };
}
