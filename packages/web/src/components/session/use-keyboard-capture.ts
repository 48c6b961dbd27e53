"use client";
import { type RefObject, useEffect, useState } from "react";

const isChord = (event: KeyboardEvent) => event.ctrlKey && event.altKey && event.shiftKey;
const isReleased = (event: KeyboardEvent) => !event.ctrlKey && !event.altKey && !event.shiftKey;

/**
 * Whether the display has the keyboard. Ctrl+Alt+Shift moves focus to `exit`, once all three are let go: so the VM
 * hears every key-up, and no modifier stays pressed in it.
 */
export function useKeyboardCapture(
  stage: RefObject<HTMLElement | null>,
  exit: RefObject<HTMLElement | null>,
): boolean {
  const [isCaptured, setCaptured] = useState(false);
  useEffect(() => {
    const element = stage.current;
    if (element === null) return;
    let isLeaving = false;
    const onDown = (event: KeyboardEvent) => {
      if (!isChord(event)) return;
      isLeaving = true;
      event.preventDefault();
      event.stopPropagation();
    };
    const onUp = (event: KeyboardEvent) => {
      if (!isLeaving || !isReleased(event)) return;
      isLeaving = false;
      // after noVNC has heard this key-up
      queueMicrotask(() => exit.current?.focus());
    };
    const onIn = () => setCaptured(true);
    const onOut = () => setCaptured(false);
    element.addEventListener("keydown", onDown, true);
    element.addEventListener("keyup", onUp, true);
    element.addEventListener("focusin", onIn);
    element.addEventListener("focusout", onOut);
    return () => {
      element.removeEventListener("keydown", onDown, true);
      element.removeEventListener("keyup", onUp, true);
      element.removeEventListener("focusin", onIn);
      element.removeEventListener("focusout", onOut);
    };
  }, [stage, exit]);
  return isCaptured;
}
