"use client";
import { type FormEvent, useState } from "react";
import { client } from "../../lib/client.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Field } from "../sessions/field.tsx";
import css from "./login.module.css";

/** E-mail address and password. */
export function PasswordForm({ onSignedIn }: { onSignedIn: () => void }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { isBusy, error, run } = useAttempt();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await run(() => client.loginByPassword({ email, password }))) onSignedIn();
    else setPassword("");
  };
  return (
    <form className={css.form} onSubmit={(event) => void submit(event)}>
      <Field label="E-mail">
        {(control) => (
          <input
            {...control}
            type="email"
            autoComplete="username"
            required
            value={email}
            onChange={({ target }) => setEmail(target.value)}
          />
        )}
      </Field>
      <Field label="Password">
        {(control) => (
          <input
            {...control}
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={({ target }) => setPassword(target.value)}
          />
        )}
      </Field>
      {error === null ? null : <ErrorCard error={error} />}
      <Button type="submit" look="primary" className={css.wide} disabled={isBusy}>
        {isBusy ? "Signing in…" : "Sign in"}
      </Button>
    </form>
  );
}
