"use client";
import { type FormEvent, useState } from "react";
import { client } from "../../lib/client.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { NewPasswordFields, passwordProblem } from "../login/new-password-fields.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Field } from "../sessions/field.tsx";
import css from "./people.module.css";

interface OwnAccountDialogProps {
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Makes the account of who came by root's link: an invitation for oneself, used at once. */
export function OwnAccountDialog({ onDone, onClose }: OwnAccountDialogProps) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [isTried, setTried] = useState(false);
  const { isBusy, error, run } = useAttempt();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() === "" || email.trim() === "" || passwordProblem(password, again)) return;
    const isDone = await run(async () => {
      const { token } = await client.invitations.create({ email: email.trim(), role: "admin" });
      await client.acceptInvitation({ token, name, password });
    });
    if (!isDone) return;
    onDone();
    onClose();
  };
  return (
    <Dialog title="Make my account" onClose={onClose}>
      <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
        <Field
          label="Your name"
          problem={isTried && name.trim() === "" ? "Others see you by it." : undefined}
        >
          {(control) => (
            <input
              {...control}
              data-first-focus
              autoComplete="name"
              maxLength={60}
              value={name}
              onChange={({ target }) => setName(target.value)}
            />
          )}
        </Field>
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
        <NewPasswordFields {...{ password, again, isTried, setPassword, setAgain }} />
        {error === null ? null : <ErrorCard error={error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={isBusy}>
            {isBusy ? "Making it…" : "Make my account"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
