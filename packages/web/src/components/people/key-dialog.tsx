"use client";
import { type Me, SCOPES } from "@browservm/contract";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { EMPTY_KEY, KEY_TIMES, type KeyDraft, keyProblems, keyRequest } from "../../lib/people-view.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { Dialog } from "../dialog.tsx";
import { DialogForm } from "../dialog-form.tsx";
import { Field } from "../sessions/field.tsx";
import { TimeField } from "../sessions/time-field.tsx";
import css from "./people.module.css";
import { ScopeChoice } from "./scope-choice.tsx";
import { ShownOnce } from "./shown-once.tsx";

interface KeyDialogProps {
  readonly me: Me;
  readonly onMade: () => void;
  readonly onClose: () => void;
}

/** Makes a key; its secret is shown here, and nowhere else. */
export function KeyDialog({ me, onMade, onClose }: KeyDialogProps) {
  const [draft, setDraft] = useState<KeyDraft>(EMPTY_KEY);
  const [isTried, setTried] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const attempt = useAttempt();
  const change = (part: Partial<KeyDraft>) => setDraft({ ...draft, ...part });
  const problems = keyProblems(draft);
  const submit = async () => {
    setTried(true);
    if (Object.keys(problems).length > 0) return;
    if (await attempt.run(async () => setSecret((await client.keys.create(keyRequest(draft))).secret)))
      onMade();
  };
  if (secret !== null)
    return (
      <Dialog title={`The key “${draft.name.trim()}”`} onClose={onClose}>
        <ShownOnce
          label="Its secret"
          hint="Copy it now: it is shown only this once. Programs send it as a bearer token, the command reads it from BVM_API_KEY."
          text={secret}
          what="secret"
        >
          <Button look="quiet" onClick={onClose}>
            Done
          </Button>
        </ShownOnce>
      </Dialog>
    );
  return (
    <Dialog title="Make a key" onClose={onClose}>
      <DialogForm
        confirm="Make the key"
        busy="Making it…"
        attempt={attempt}
        onSubmit={submit}
        onClose={onClose}
      >
        <Field label="What it is for" problem={isTried ? problems.name : undefined}>
          {(control) => (
            <input
              {...control}
              data-first-focus
              autoComplete="off"
              maxLength={100}
              value={draft.name}
              onChange={({ target }) => change({ name: target.value })}
            />
          )}
        </Field>
        <ScopeChoice
          {...{ draft, change }}
          scopes={me.scopes.filter((scope) => scope in SCOPES)}
          problem={isTried ? problems.scopes : undefined}
        />
        <div className={css.pair}>
          <Field
            label="Project"
            hint="Empty: every project."
            problem={isTried ? problems.project : undefined}
          >
            {(control) => (
              <input
                {...control}
                autoComplete="off"
                spellCheck={false}
                maxLength={40}
                value={draft.project}
                onChange={({ target }) => change({ project: target.value.trim() })}
              />
            )}
          </Field>
          <TimeField
            label="Good for"
            times={KEY_TIMES}
            value={draft.ttlSeconds}
            onChange={(ttlSeconds) => change({ ttlSeconds })}
          />
        </div>
      </DialogForm>
    </Dialog>
  );
}
