"use client";
import type { LiveViewer, ViewerState, Wish } from "@browservm/sdk/viewer";
import { SlidersHorizontal } from "lucide-react";
import { type RefObject, useEffect, useId, useRef, useState } from "react";
import { wayWords } from "../../lib/live-words.ts";
import { IconButton } from "../button.tsx";
import { QualityFields } from "./quality-fields.tsx";
import css from "./quality-menu.module.css";

interface QualityMenuProps {
  readonly viewer: LiveViewer;
  readonly state: ViewerState;
  /** May control: then codec, limit and rate, which are for all viewers, can be set. */
  readonly canSet: boolean;
}

const WAYS: readonly { readonly wish: Wish; readonly name: string; readonly what: string }[] = [
  { wish: "auto", name: "Auto", what: "the best that works" },
  { wish: "webrtc", name: "WebRTC", what: "video, the quickest" },
  { wish: "websocket", name: "WebSocket", what: "video, through every proxy" },
  { wish: "vnc", name: "VNC", what: "pictures, without video" },
];

/** By which way the picture comes, and how it is encoded. */
export function QualityMenu({ viewer, state, canSet }: QualityMenuProps) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  useClosing(box, isOpen, () => setOpen(false));
  return (
    <div ref={box} className={css.box}>
      <IconButton
        label="Quality of the picture"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <SlidersHorizontal size={18} />
      </IconButton>
      {isOpen ? (
        <section id={id} className={css.menu} aria-label="Quality of the picture">
          <fieldset className={css.ways}>
            <legend>Way</legend>
            {WAYS.map(({ wish, name, what }) => (
              <label key={wish}>
                <input
                  type="radio"
                  name={id}
                  checked={state.wish === wish}
                  onChange={() => viewer.choose(wish)}
                />
                <span>
                  {name} <small>{what}</small>
                </span>
              </label>
            ))}
          </fieldset>
          <p className={css.now} role="status">
            {wayWords(state)}
          </p>
          {canSet ? <QualityFields viewer={viewer} stream={state.stream} /> : null}
          {state.refusal === null ? null : (
            <p className={css.refusal} role="alert">
              {state.refusal}
            </p>
          )}
        </section>
      ) : null}
    </div>
  );
}

/** Escape, and a click or the focus elsewhere, close it; Escape gives the focus back to its button. */
function useClosing(box: RefObject<HTMLElement | null>, isOpen: boolean, close: () => void): void {
  const end = useRef(close);
  end.current = close;
  useEffect(() => {
    const element = box.current;
    if (!isOpen || element === null) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      element.querySelector("button")?.focus();
      end.current();
    };
    const onElsewhere = ({ target }: Event) => {
      if (target instanceof Node && !element.contains(target)) end.current();
    };
    element.addEventListener("keydown", onKey);
    document.addEventListener("pointerdown", onElsewhere, true);
    document.addEventListener("focusin", onElsewhere);
    return () => {
      element.removeEventListener("keydown", onKey);
      document.removeEventListener("pointerdown", onElsewhere, true);
      document.removeEventListener("focusin", onElsewhere);
    };
  }, [box, isOpen]);
}
