"use client";
import type { Signin } from "@browservm/contract";
import { X } from "lucide-react";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { Button } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";

/** Gives a sign-in up, after one question. */
export function CancelSignin({ signin, onChanged }: { signin: Signin; onChanged: () => void }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button look="danger" icon={<X size={16} />} onClick={() => setAsking(true)}>
        Cancel the sign-in
      </Button>
      {isAsking ? (
        <ConfirmDialog
          title="Cancel this sign-in?"
          confirm="Cancel it"
          busy="Cancelling…"
          refuse="Go on"
          onConfirm={() => client.signins.cancel(signin.id).then(onChanged)}
          onClose={() => setAsking(false)}
        >
          <p>Its machine is destroyed, and nothing is stored. It can be begun anew afterwards.</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
