"use client";
import { X } from "lucide-react";
import { useEffect } from "react";
import { IconButton } from "../button.tsx";
import css from "./toast.module.css";

const STAYS_MS = 8000;

/** A short word about what just happened, or did not work; goes away by itself. */
export function Toast({ words, onGone }: { words: string; onGone: () => void }) {
  useEffect(() => {
    const timer = setTimeout(onGone, STAYS_MS);
    return () => clearTimeout(timer);
  }, [onGone]);
  return (
    <div className={css.toast} role="alert">
      <span>{words}</span>
      <IconButton label="Dismiss" onClick={onGone}>
        <X size={16} />
      </IconButton>
    </div>
  );
}
