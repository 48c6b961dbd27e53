"use client";
import type { Session } from "@browservm/contract";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useHost } from "../../lib/use-host.ts";
import { Button } from "../button.tsx";
import { NewSessionDialog } from "../sessions/new-session-dialog.tsx";

/** The way on from a session that is over: one with the same image, page and profile. */
export function StartAnother({ session }: { session: Session }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button look="primary" icon={<Plus size={16} />} onClick={() => setAsking(true)}>
        Start another
      </Button>
      {isAsking ? <AnotherDialog session={session} onClose={() => setAsking(false)} /> : null}
    </>
  );
}

function AnotherDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const { host } = useHost();
  const { url, image, project, profile } = session;
  const begin = {
    url: url ?? "",
    image,
    project,
    ...(profile ? { profile: profile.name, profileMode: profile.mode } : {}),
  };
  return <NewSessionDialog host={host} begin={begin} onClose={onClose} />;
}
