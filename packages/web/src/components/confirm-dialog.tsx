"use client";
import type { ReactNode } from "react";
import { useAttempt } from "../lib/use-attempt.ts";
import { Button } from "./button.tsx";
import { Dialog, DialogActions } from "./dialog.tsx";
import { ErrorCard } from "./problem-card.tsx";

interface ConfirmDialogProps {
  readonly title: string;
  /** What happens then. */
  readonly children: ReactNode;
  readonly confirm: string;
  /** The same while it happens. */
  readonly busy: string;
  readonly refuse?: string;
  readonly look?: "primary" | "danger";
  /** The dialog closes when it worked, and shows the error when not. */
  readonly onConfirm: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks once before something that may surprise. Who just presses Enter changes nothing. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, confirm, busy, refuse = "Cancel", look = "danger", onConfirm, onClose } = props;
  const { isBusy, error, run } = useAttempt();
  const act = async () => {
    if (await run(onConfirm)) onClose();
  };
  return (
    <Dialog title={title} width="narrow" onClose={onClose}>
      {children}
      {error === null ? null : <ErrorCard error={error} />}
      <DialogActions>
        <Button onClick={onClose} data-first-focus>
          {refuse}
        </Button>
        <Button look={look} disabled={isBusy} onClick={() => void act()}>
          {isBusy ? busy : confirm}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
