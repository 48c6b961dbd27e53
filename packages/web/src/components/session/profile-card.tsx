"use client";
import type { Session } from "@browservm/contract";
import { Save } from "lucide-react";
import { type FormEvent, useState } from "react";
import { client } from "../../lib/client.ts";
import { may } from "../../lib/may.ts";
import { sessionProfileWords } from "../../lib/profile-view.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useMe } from "../../lib/use-me.ts";
import { Button } from "../button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Field } from "../sessions/field.tsx";
import css from "./about-panel.module.css";

interface ProfileCardProps {
  readonly session: Session;
  readonly onChanged: () => void;
}

/** The session's browser profile, and saving what its browser has now. */
export function ProfileCard({ session, onChanged }: ProfileCardProps) {
  const { profile, status, vm } = session;
  const canSave = may(useMe(), "profiles:write") && status === "ready" && vm?.hasBrowser === true;
  if (profile === null && !canSave) return null;
  return (
    <section className={css.life} aria-label="Profile">
      <p>{profile === null ? "The browser began without a profile." : sessionProfileWords(profile)}</p>
      {canSave ? <Saving session={session} onChanged={onChanged} /> : null}
    </section>
  );
}

function Saving({ session: { id, profile }, onChanged }: ProfileCardProps) {
  const { isBusy, error, run } = useAttempt();
  const [name, setName] = useState("");
  const [saved, setSaved] = useState<string | null>(null);
  const save = async (saveAs?: string) => {
    setSaved(null);
    const done = await run(async () => {
      const kept = await client.profiles.save(id, saveAs === undefined ? {} : { saveAs });
      setSaved(`${kept.name} is saved: version ${kept.version}.`);
    });
    if (done) setName("");
    onChanged();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save(name.trim());
  };
  return (
    <>
      <p className={css.ask}>The browser is closed for a moment, and opened again with its page.</p>
      {profile?.mode === "write" ? (
        <Button icon={<Save size={15} />} disabled={isBusy} onClick={() => void save()}>
          {isBusy ? "Saving…" : `Save ${profile.name} now`}
        </Button>
      ) : null}
      <form onSubmit={submit}>
        <Field label="Save as a new profile">
          {(control) => (
            <input
              {...control}
              autoComplete="off"
              spellCheck={false}
              placeholder="name"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" disabled={isBusy || name.trim() === ""}>
          {isBusy ? "Saving…" : "Save as"}
        </Button>
      </form>
      {saved === null ? null : <p role="status">{saved}</p>}
      {error === null ? null : <ErrorCard error={error} />}
    </>
  );
}
