"use client";
import type { Profile } from "@browservm/contract";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { profileNameProblem } from "../../lib/profile-view.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Dialog } from "../dialog.tsx";
import { DialogForm } from "../dialog-form.tsx";
import { Field } from "../sessions/field.tsx";

interface RenameProfileDialogProps {
  readonly profile: Profile;
  readonly onClose: () => void;
  readonly onRenamed: () => void;
}

/** Asks for another name of a profile. */
export function RenameProfileDialog({ profile, onClose, onRenamed }: RenameProfileDialogProps) {
  const [name, setName] = useState(profile.name);
  const [problem, setProblem] = useState<string>();
  const attempt = useAttempt();
  const submit = async () => {
    const wanted = name.trim();
    if (wanted === profile.name) return onClose();
    const wrong = profileNameProblem(wanted);
    setProblem(wrong);
    if (wrong !== undefined || !(await attempt.run(() => client.profiles.rename(profile.id, wanted)))) return;
    onRenamed();
    onClose();
  };
  return (
    <Dialog title={`Rename the profile ${profile.name}`} width="narrow" onClose={onClose}>
      <DialogForm confirm="Rename" busy="Renaming…" attempt={attempt} onSubmit={submit} onClose={onClose}>
        <Field
          label="New name"
          hint="Programs that start sessions by the old name must use the new one."
          problem={problem}
        >
          {(control) => (
            <input
              {...control}
              data-first-focus
              autoComplete="off"
              spellCheck={false}
              value={name}
              onChange={({ target }) => {
                setName(target.value);
                setProblem(undefined);
              }}
            />
          )}
        </Field>
      </DialogForm>
    </Dialog>
  );
}
