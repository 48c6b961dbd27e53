"use client";
import { useState } from "react";
import css from "./code-button.module.css";
import { ExplainDialog } from "./explain-dialog.tsx";

interface CodeButtonProps {
  readonly code: string;
  /** What is true when all is well, where it is known. */
  readonly title?: string | undefined;
  /** What was seen this time. */
  readonly cause?: string | undefined;
}

/** A fault's name, which opens what it means. */
export function CodeButton({ code, title, cause }: CodeButtonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <span>
      <button
        type="button"
        className={css.code}
        aria-label={`What does ${code} mean?`}
        onClick={() => setOpen(true)}
      >
        {code}
      </button>
      {isOpen ? (
        <ExplainDialog code={code} title={title} cause={cause} onClose={() => setOpen(false)} />
      ) : null}
    </span>
  );
}
