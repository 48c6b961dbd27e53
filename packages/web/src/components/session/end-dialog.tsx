"use client";
import { type BrowserVmError, type Session, toBrowserVmError } from "@browservm/contract";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { formatPage } from "../../lib/format.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";

interface EndDialogProps {
  readonly session: Session;
  readonly onClose: () => void;
  readonly onEnded: () => void;
}

/** Asks once before a session and all that is in it goes away. */
export function EndDialog({ session, onClose, onEnded }: EndDialogProps) {
  const [error, setError] = useState<BrowserVmError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    try {
      await client.sessions.end(session.id);
      onEnded();
      onClose();
    } catch (thrown) {
      setError(toBrowserVmError(thrown));
      setBusy(false);
    }
  };
  return (
    <Dialog title="End this session?" width="narrow" onClose={onClose}>
      <p>
        <strong>{formatPage(session.url)}</strong> closes, and its machine is deleted with everything in it.
        This cannot be undone.
      </p>
      {error === null ? null : <ErrorCard error={error} />}
      <DialogActions>
        <Button onClick={onClose} data-first-focus>
          Keep it
        </Button>
        <Button look="danger" disabled={isBusy} onClick={() => void end()}>
          {isBusy ? "Ending…" : "End session"}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
