"use client";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Dialog } from "../dialog.tsx";
import { DialogForm } from "../dialog-form.tsx";
import { NewPasswordFields, useNewPassword } from "../login/new-password-fields.tsx";
import { Field } from "../sessions/field.tsx";
import css from "./people.module.css";

interface PasswordDialogProps {
  readonly email: string;
  readonly onClose: () => void;
}

/** Changes one's own password. */
export function PasswordDialog({ email, onClose }: PasswordDialogProps) {
  const [current, setCurrent] = useState("");
  const typed = useNewPassword();
  const [isTried, setTried] = useState(false);
  const attempt = useAttempt();
  const submit = async () => {
    setTried(true);
    if (current === "" || typed.problem) return;
    if (await attempt.run(() => client.changePassword({ current, next: typed.password }))) onClose();
  };
  return (
    <Dialog title="Change password" onClose={onClose}>
      <DialogForm
        confirm="Change password"
        busy="Changing it…"
        attempt={attempt}
        onSubmit={submit}
        onClose={onClose}
      >
        {/* so that password managers know whose password it is */}
        <input type="hidden" autoComplete="username" value={email} readOnly />
        <Field
          label="Present password"
          problem={isTried && current === "" ? "So that it is you who changes it." : undefined}
        >
          {(control) => (
            <input
              {...control}
              data-first-focus
              type="password"
              autoComplete="current-password"
              value={current}
              onChange={({ target }) => setCurrent(target.value)}
            />
          )}
        </Field>
        <NewPasswordFields typed={typed} isTried={isTried} />
        <p className={css.lead}>Your other sign-ins end.</p>
      </DialogForm>
    </Dialog>
  );
}
