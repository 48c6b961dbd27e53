"use client";
import type { ReactNode } from "react";
import type { Attempt } from "../lib/use-attempt.ts";
import { Button } from "./button.tsx";
import { DialogActions } from "./dialog.tsx";
import css from "./form.module.css";
import { ErrorCard } from "./problem-card.tsx";

interface DialogFormProps {
  /** What the button that sends it says, and what while that lasts. */
  readonly confirm: string;
  readonly busy: string;
  readonly icon?: ReactNode;
  readonly attempt: Pick<Attempt, "isBusy" | "error">;
  readonly onSubmit: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The form of a dialog: its fields, what went wrong, and whether to send it. */
export function DialogForm(props: DialogFormProps) {
  const { confirm, busy, icon, attempt, onSubmit, onClose, children } = props;
  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit();
      }}
      noValidate
    >
      {children}
      {attempt.error === null ? null : <ErrorCard error={attempt.error} />}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" icon={icon} disabled={attempt.isBusy}>
          {attempt.isBusy ? busy : confirm}
        </Button>
      </DialogActions>
    </form>
  );
}
