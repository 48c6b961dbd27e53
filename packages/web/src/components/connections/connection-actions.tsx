"use client";
import type { Connection } from "@browservm/contract";
import { FolderInput, Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { connectionName } from "../../lib/connection-view.ts";
import { Button } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import page from "../page.module.css";
import { UseInSessionDialog } from "./use-in-session-dialog.tsx";

interface ConnectionActionsProps {
  readonly connection: Connection;
  readonly canUse: boolean;
  readonly canRemove: boolean;
  readonly onChanged: () => void;
}

/** What one can do with a whole connection. */
export function ConnectionActions({ connection, canUse, canRemove, onChanged }: ConnectionActionsProps) {
  const [asked, setAsked] = useState<"use" | "remove" | null>(null);
  return (
    <div className={page.actions}>
      {connection.kind !== "oauth" && canUse ? (
        <Button icon={<FolderInput size={16} />} onClick={() => setAsked("use")}>
          Put into a session
        </Button>
      ) : null}
      {canRemove ? (
        <Button look="danger" icon={<Trash2 size={16} />} onClick={() => setAsked("remove")}>
          Delete
        </Button>
      ) : null}
      {asked === "use" ? (
        <UseInSessionDialog connection={connection} onClose={() => setAsked(null)} onUsed={onChanged} />
      ) : null}
      {asked === "remove" ? <RemoveDialog connection={connection} onClose={() => setAsked(null)} /> : null}
    </div>
  );
}

function RemoveDialog({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const router = useRouter();
  const remove = async () => {
    await client.connections.remove(connection.id);
    router.push("/connections");
  };
  return (
    <ConfirmDialog
      title="Delete this connection?"
      confirm="Delete"
      busy="Deleting…"
      refuse="Keep it"
      onConfirm={remove}
      onClose={onClose}
    >
      <p>
        <strong>{connectionName(connection)}</strong> and its secret are deleted from the vault. This cannot
        be undone.
      </p>
      <p>
        <strong>Nothing is revoked at the provider:</strong> it is not told. Tokens that were handed out work
        until they end, and what was put into sessions stays there until those end. To take the access back,
        do so in the account’s own settings at {connection.provider}.
      </p>
    </ConfirmDialog>
  );
}
