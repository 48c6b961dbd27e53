"use client";
import { type BrowserVmError, type Session, toBrowserVmError } from "@browservm/contract";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { formatPage } from "../../lib/format.ts";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { Dialog } from "../dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { EndDialog } from "./end-dialog.tsx";
import { HelpDialog } from "./help-dialog.tsx";
import { ShareDialog } from "./share-dialog.tsx";
import type { Sharing } from "./use-sharing.ts";

/** What a reader asked to do with a session, and has to say more about. */
export type Asked = "end" | "pause" | "fork" | "share" | "help";

interface SessionDialogsProps {
  readonly session: Session;
  readonly asked: Asked | null;
  readonly sharing: Sharing;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}

/** The dialogs of a session's page, one at a time. */
export function SessionDialogs({ session, asked, sharing, onClose, onChanged }: SessionDialogsProps) {
  const [failure, setFailure] = useState<BrowserVmError | null>(null);
  const pause = async () => {
    // the page shows how it goes; a pause that fails comes back as a dialog of its own
    void client.sessions
      .pause(session.id)
      .catch((thrown: unknown) => setFailure(toBrowserVmError(thrown)))
      .finally(onChanged);
  };
  return (
    <>
      {asked === "end" ? <EndDialog session={session} onClose={onClose} onEnded={onChanged} /> : null}
      {asked === "pause" ? <PauseDialog session={session} onPause={pause} onClose={onClose} /> : null}
      {asked === "fork" ? <ForkDialog session={session} onClose={onClose} /> : null}
      {asked === "share" ? <ShareDialog sharing={sharing} onClose={onClose} /> : null}
      {asked === "help" ? <HelpDialog onClose={onClose} /> : null}
      {failure === null ? null : (
        <Dialog title="It was not paused" onClose={() => setFailure(null)}>
          <p>The session goes on as before; nothing in it was lost.</p>
          <ErrorCard error={failure} />
        </Dialog>
      )}
    </>
  );
}

interface PauseDialogProps {
  readonly session: Session;
  readonly onPause: () => Promise<void>;
  readonly onClose: () => void;
}

function PauseDialog({ session, onPause, onClose }: PauseDialogProps) {
  return (
    <ConfirmDialog
      title="Pause this session?"
      confirm="Pause"
      busy="Pausing…"
      look="primary"
      onConfirm={onPause}
      onClose={onClose}
    >
      <p>
        <strong>{formatPage(session.url)}</strong> stands still until you resume it, and goes on where it was.
        Its memory, with all that is open and signed in, is written to this machine’s disk until then.
      </p>
      <p>Sites that it talks to may close their connections meanwhile: downloads and calls break off.</p>
    </ConfirmDialog>
  );
}

function ForkDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const router = useRouter();
  const fork = async () => {
    const made = await client.sessions.fork(session.id);
    router.push(`/sessions/${made.id}`);
  };
  return (
    <ConfirmDialog
      title="Fork this session?"
      confirm="Fork"
      busy="Copying…"
      look="primary"
      onConfirm={fork}
      onClose={onClose}
    >
      <p>
        A second session begins where <strong>{formatPage(session.url)}</strong> is now: the same pages, open
        and signed in as they are here, in a machine with an address and an identity of its own.
      </p>
      <p>
        From then on both act for the same people. What one of them does on a site, such as signing out, may
        be felt in the other.
        {session.status === "ready" ? " This one stands still for a moment while it is copied." : ""}
      </p>
    </ConfirmDialog>
  );
}
