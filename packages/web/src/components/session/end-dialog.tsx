"use client";
import type { Session } from "@browservm/contract";
import { client } from "../../lib/client.ts";
import { formatPage } from "../../lib/format.ts";
import { ConfirmDialog } from "../confirm-dialog.tsx";

interface EndDialogProps {
  readonly session: Session;
  readonly onClose: () => void;
  readonly onEnded: () => void;
}

/** Asks once before a session and all that is in it goes away. */
export function EndDialog({ session, onClose, onEnded }: EndDialogProps) {
  return (
    <ConfirmDialog
      title="End this session?"
      confirm="End session"
      busy="Ending…"
      refuse="Keep it"
      onConfirm={() => client.sessions.end(session.id).then(onEnded)}
      onClose={onClose}
    >
      <p>
        <strong>{formatPage(session.url)}</strong> closes, and its machine is deleted with everything in it.
        This cannot be undone.
      </p>
    </ConfirmDialog>
  );
}
