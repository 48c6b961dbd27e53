"use client";
import type { ReactNode } from "react";
import type { Attempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import css from "./people.module.css";

interface FormDialogProps {
  readonly title: string;
  /** What the button that sends it says, and what while that lasts. */
  readonly confirm: string;
  readonly busy: string;
  readonly icon?: ReactNode;
  readonly attempt: Pick<Attempt, "isBusy" | "error">;
  readonly onSubmit: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A dialog that is one form: its fields, what went wrong, and whether to send it. */
export function FormDialog(props: FormDialogProps) {
  const { title, confirm, busy, icon, attempt, onSubmit, onClose, children } = props;
  return (
    <Dialog title={title} onClose={onClose}>
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
    </Dialog>
  );
}
