"use client";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Dialog } from "../dialog.tsx";
import { DialogForm } from "../dialog-form.tsx";
import { NewPasswordFields, useNewPassword } from "../login/new-password-fields.tsx";
import { YourNameField } from "../login/your-name-field.tsx";
import { Field } from "../sessions/field.tsx";

interface OwnAccountDialogProps {
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Makes the account of who came by root's link: an invitation for oneself, used at once. */
export function OwnAccountDialog({ onDone, onClose }: OwnAccountDialogProps) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const typed = useNewPassword();
  const [isTried, setTried] = useState(false);
  const attempt = useAttempt();
  const submit = async () => {
    setTried(true);
    if (name.trim() === "" || email.trim() === "" || typed.problem) return;
    const isDone = await attempt.run(async () => {
      const { token } = await client.invitations.create({ email: email.trim(), role: "admin" });
      await client.acceptInvitation({ token, name, password: typed.password });
    });
    if (!isDone) return;
    onDone();
    onClose();
  };
  return (
    <Dialog title="Make my account" onClose={onClose}>
      <DialogForm
        confirm="Make my account"
        busy="Making it…"
        attempt={attempt}
        onSubmit={submit}
        onClose={onClose}
      >
        <YourNameField value={name} onChange={setName} isTried={isTried} isFirst />
        <Field label="E-mail" problem={isTried && email.trim() === "" ? "You sign in by it." : undefined}>
          {(control) => (
            <input
              {...control}
              type="email"
              autoComplete="username"
              value={email}
              onChange={({ target }) => setEmail(target.value)}
            />
          )}
        </Field>
        <NewPasswordFields typed={typed} isTried={isTried} />
      </DialogForm>
    </Dialog>
  );
}
