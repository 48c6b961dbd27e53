"use client";
import { type RefObject, useEffect } from "react";
import type { SoftKey, SoftKeys } from "../../lib/soft-keys.ts";
import { typedChange } from "../../lib/typed-change.ts";

/** Something to erase: a keyboard on the screen does not tell of a backspace in an empty field. */
const PADDING = "_".repeat(24);

const NAMED: Readonly<Record<string, SoftKey>> = {
  Enter: "enter",
  Tab: "tab",
  Escape: "escape",
  ArrowLeft: "left",
  ArrowUp: "up",
  ArrowRight: "right",
  ArrowDown: "down",
};

/** Sends what happens in a text field as keys: text, compositions as they grow, backspaces, and keys that are told. */
export function useSoftField(field: RefObject<HTMLTextAreaElement | null>, keys: SoftKeys): void {
  useEffect(() => {
    const element = field.current;
    if (element === null) return;
    let before = "";
    const begin = () => {
      element.value = PADDING;
      element.setSelectionRange(PADDING.length, PADDING.length);
      before = PADDING;
    };
    const send = () => {
      const { erased, text } = typedChange(before, element.value);
      before = element.value;
      for (let count = 0; count < erased; count += 1) keys.tap("backspace");
      keys.type(text);
    };
    const onInput = (event: Event) => {
      send();
      // a composition would break off
      if (!(event instanceof InputEvent && event.isComposing)) begin();
    };
    const onComposed = () => {
      send();
      begin();
    };
    const onKey = (event: KeyboardEvent) => {
      const key = NAMED[event.key];
      if (key === undefined || event.isComposing) return;
      event.preventDefault();
      keys.tap(key);
    };
    const ends = new AbortController();
    const { signal } = ends;
    element.addEventListener("focus", begin, { signal });
    element.addEventListener("input", onInput, { signal });
    element.addEventListener("compositionend", onComposed, { signal });
    element.addEventListener("keydown", onKey, { signal });
    return () => ends.abort();
  }, [field, keys]);
}
