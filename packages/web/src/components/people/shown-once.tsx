"use client";
import type { ReactNode } from "react";
import { useEffect, useRef } from "react";
import { CopyButton } from "../copy-button.tsx";
import { Field } from "../sessions/field.tsx";
import css from "./people.module.css";

interface ShownOnceProps {
  readonly label: string;
  readonly hint: string;
  readonly text: string;
  /** What is copied, e.g. "link". */
  readonly what: string;
  readonly children?: ReactNode;
}

/** A secret that is in this dialog and nowhere else: to be copied now. */
export function ShownOnce({ label, hint, text, what, children }: ShownOnceProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <div className={css.once}>
      <Field label={label} hint={hint}>
        {(control) => (
          <input {...control} ref={field} readOnly value={text} onFocus={({ target }) => target.select()} />
        )}
      </Field>
      <div className={css.acts}>
        <CopyButton text={text} what={what} />
        {children}
      </div>
    </div>
  );
}
