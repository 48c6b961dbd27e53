"use client";
import type { EgressPolicy, Session } from "@browservm/contract";
import { Plus } from "lucide-react";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { draftAfter } from "../../lib/session-draft.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useHost } from "../../lib/use-host.ts";
import { Button } from "../button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { NewSessionDialog } from "../sessions/new-session-dialog.tsx";

/** The way on from a session that is over: one with the same image, page, profile and limits. */
export function StartAnother({ session }: { session: Session }) {
  const [policy, setPolicy] = useState<EgressPolicy | null>();
  const { isBusy, error, run } = useAttempt();
  // without knowing where it might go nothing is begun: the next one would go anywhere
  const ask = () => run(async () => setPolicy((await client.sessions.egress(session.id)).policy));
  return (
    <>
      <Button
        look="primary"
        icon={<Plus size={16} />}
        aria-busy={isBusy}
        onClick={isBusy ? undefined : () => void ask()}
      >
        Start another
      </Button>
      {error === null ? null : <ErrorCard error={error} />}
      {policy === undefined ? null : (
        <AnotherDialog session={session} policy={policy} onClose={() => setPolicy(undefined)} />
      )}
    </>
  );
}

interface AnotherProps {
  readonly session: Session;
  readonly policy: EgressPolicy | null;
  readonly onClose: () => void;
}

function AnotherDialog({ session, policy, onClose }: AnotherProps) {
  const { host } = useHost();
  return <NewSessionDialog host={host} begin={draftAfter(session, policy)} onClose={onClose} />;
}
