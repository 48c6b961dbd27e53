"use client";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { client } from "../../lib/client.ts";
import { formText } from "../../lib/form-text.ts";
import { may } from "../../lib/may.ts";
import { readSigninDraft, type SigninProblems, type SigninWay } from "../../lib/signin-draft.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useMe } from "../../lib/use-me.ts";
import { type Providers, useProviders } from "../../lib/use-providers.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { NamedField } from "../named-field.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Field } from "../sessions/field.tsx";
import { CookiesSigninFields } from "./cookies-signin-fields.tsx";
import { OAuthSigninFields } from "./oauth-signin-fields.tsx";
import css from "./start-signin-dialog.module.css";
import { WayChoice } from "./way-choice.tsx";

const LIMITS = [
  ["300", "5 minutes"],
  ["900", "15 minutes"],
  ["1800", "30 minutes"],
  ["3600", "1 hour"],
] as const;

/** Asks where to sign in, starts it, and goes there. The form keeps no secret: it is read once, when it is sent. */
export function StartSigninDialog({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const providers = useProviders();
  const mayKeep = may(useMe(), "profiles:write");
  const [chosen, setChosen] = useState<SigninWay | null>(null);
  const [problems, setProblems] = useState<SigninProblems>({});
  const { isBusy, error, run } = useAttempt();
  const way = chosen ?? firstWay(providers);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (way === null) return;
    const read = readSigninDraft(way, formText(event.currentTarget));
    if (!read.ok) return setProblems(read.problems);
    setProblems({});
    await run(async () => {
      const signin = await client.signins.create(read.request);
      router.push(`/signins/${signin.id}`);
    });
  };
  return (
    <Dialog title="New sign-in" onClose={onClose}>
      <form className={css.form} noValidate autoComplete="off" onSubmit={(event) => void submit(event)}>
        <WayChoice providers={providers} way={way} onWay={setChosen} />
        {way === "oauth" ? <OAuthSigninFields problems={problems} /> : null}
        {way === "cookies" ? <CookiesSigninFields problems={problems} /> : null}
        <div className={css.pair}>
          <NamedField
            name="subject"
            label="Account"
            placeholder="Any"
            hint="Whose it must be, or what it is to be called."
            problem={problems.subject}
          />
          <Field label="Time to sign in">
            {(control) => (
              <select {...control} name="expiresIn" defaultValue="900">
                {LIMITS.map(([seconds, words]) => (
                  <option key={seconds} value={seconds}>
                    {words}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        {mayKeep ? (
          <NamedField
            name="profile"
            label="Keep the browser as a profile"
            placeholder="Name of a new profile"
            hint="Sessions can then begin where you signed in. Empty: the browser is destroyed."
            problem={problems.profile}
          />
        ) : null}
        {error === null ? null : <ErrorCard error={error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={isBusy || way === null}>
            {isBusy ? "Starting…" : "Start"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

/** Nothing is proposed before it is known what there is, so that the form does not change under a reader's hands. */
function firstWay({ list, error }: Providers): SigninWay | null {
  if (list === null && error === null) return null;
  const [first] = list ?? [];
  return first ? { provider: first.name } : "oauth";
}
