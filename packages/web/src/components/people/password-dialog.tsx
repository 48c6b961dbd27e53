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

interface PasswordDialogProps {
  readonly email: string;
  readonly onClose: () => void;
}

/** Changes one's own password. */
export function PasswordDialog({ email, onClose }: PasswordDialogProps) {
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [isTried, setTried] = useState(false);
  const { isBusy, error, run } = useAttempt();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (current === "" || passwordProblem(password, again)) return;
    if (await run(() => client.changePassword({ current, next: password }))) onClose();
  };
  return (
    <Dialog title="Change password" onClose={onClose}>
      <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
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
        <NewPasswordFields {...{ password, again, isTried, setPassword, setAgain }} />
        <p className={css.lead}>Your other sign-ins end.</p>
        {error === null ? null : <ErrorCard error={error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={isBusy}>
            {isBusy ? "Changing it…" : "Change password"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
