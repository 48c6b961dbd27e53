"use client";
import { type apiRoutes, type BrowserVmError, type ReplyOf, toBrowserVmError } from "@browservm/contract";
import { type FormEvent, useEffect, useState } from "react";
import { client } from "../../lib/client.ts";
import { ROLE_WORDS } from "../../lib/people-view.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import css from "./login.module.css";
import { NewPasswordFields, useNewPassword } from "./new-password-fields.tsx";
import { YourNameField } from "./your-name-field.tsx";

type Invitation = ReplyOf<typeof apiRoutes.lookAtInvitation>;

interface InvitationFormProps {
  readonly token: string;
  readonly onSignedIn: () => void;
}

/** Makes an account by an invitation, or a new password by a link for that. */
export function InvitationForm({ token, onSignedIn }: InvitationFormProps) {
  const [invitation, setInvitation] = useState<Invitation | null>(null);
  const [refusal, setRefusal] = useState<BrowserVmError | null>(null);
  useEffect(() => {
    const ended = new AbortController();
    client.invitations.look(token, { signal: ended.signal }).then(setInvitation, (error: unknown) => {
      if (!ended.signal.aborted) setRefusal(toBrowserVmError(error));
    });
    return () => ended.abort();
  }, [token]);
  if (refusal) return <ErrorCard error={refusal} />;
  if (invitation === null) return <p className={css.lead}>One moment.</p>;
  return <AccountForm {...{ token, invitation, onSignedIn }} />;
}

function AccountForm({ token, invitation, onSignedIn }: InvitationFormProps & { invitation: Invitation }) {
  const { email, role, isReset } = invitation;
  const [name, setName] = useState("");
  const typed = useNewPassword();
  const [isTried, setTried] = useState(false);
  const { isBusy, error, run } = useAttempt();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (typed.problem || (!isReset && name.trim() === "")) return;
    const account = { token, password: typed.password, ...(isReset ? {} : { name }) };
    if (await run(() => client.acceptInvitation(account))) onSignedIn();
  };
  return (
    <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
      <p className={css.lead}>
        {isReset ? (
          <>
            Choose a new password for <strong>{email}</strong>.
          </>
        ) : (
          <>
            You are invited as <strong>{ROLE_WORDS[role].name}</strong> with the address{" "}
            <strong>{email}</strong>. {ROLE_WORDS[role].may}
          </>
        )}
      </p>
      {/* so that password managers know whose password it is */}
      <input type="hidden" autoComplete="username" value={email} readOnly />
      {isReset ? null : <YourNameField value={name} onChange={setName} isTried={isTried} />}
      <NewPasswordFields typed={typed} isTried={isTried} />
      {error === null ? null : <ErrorCard error={error} />}
      <Button type="submit" look="primary" className={css.wide} disabled={isBusy}>
        {isBusy ? "One moment…" : isReset ? "Set the password" : "Make my account"}
      </Button>
    </form>
  );
}
