"use client";
import type { Profile } from "@browservm/contract";
import { client } from "../../lib/client.ts";
import { ConfirmDialog } from "../confirm-dialog.tsx";

interface RemoveProfileDialogProps {
  readonly profile: Profile;
  readonly onClose: () => void;
  readonly onRemoved: () => void;
}

/** Asks before a profile is deleted. */
export function RemoveProfileDialog({ profile, onClose, onRemoved }: RemoveProfileDialogProps) {
  const remove = async () => {
    await client.profiles.remove(profile.id);
    onRemoved();
  };
  return (
    <ConfirmDialog
      title={`Delete the profile ${profile.name}?`}
      confirm="Delete"
      busy="Deleting…"
      refuse="Keep it"
      onConfirm={remove}
      onClose={onClose}
    >
      <p>
        What its browser remembered (cookies, site data, settings, history) is deleted. This cannot be undone.
      </p>
      <p>Sessions that have loaded it go on with what they have.</p>
    </ConfirmDialog>
  );
}
