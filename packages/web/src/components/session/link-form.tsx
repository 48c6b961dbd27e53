"use client";
import type { SessionId, ViewToken } from "@browservm/contract";
import { Eye, Link2, MousePointer2 } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { client } from "../../lib/client.ts";
import { EMPTY_LINK, LINK_TIMES, type LinkDraft, linkRequest } from "../../lib/link-view.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { Button } from "../button.tsx";
import { CopyButton } from "../copy-button.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Field } from "../sessions/field.tsx";
import { TimeField } from "../sessions/time-field.tsx";
import css from "./link-form.module.css";

interface LinkFormProps {
  readonly id: SessionId;
  readonly onMade: () => void;
}

/** Makes a link; its address is shown here, and nowhere else. */
export function LinkForm({ id, onMade }: LinkFormProps) {
  const [draft, setDraft] = useState<LinkDraft>(EMPTY_LINK);
  const [made, setMade] = useState<ViewToken | null>(null);
  const { isBusy, error, run } = useAttempt();
  const change = (part: Partial<LinkDraft>) => setDraft({ ...draft, ...part });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const isDone = await run(async () =>
      setMade(await client.sessions.createViewToken(id, linkRequest(draft))),
    );
    if (isDone) onMade();
  };
  const again = () => {
    setMade(null);
    setDraft(EMPTY_LINK);
  };
  if (made) return <MadeLink draft={draft} url={made.url} onAgain={again} />;
  return (
    <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
      <fieldset className={css.roles}>
        <legend>Who opens the link</legend>
        <Role {...{ draft, change }} value="view" icon={<Eye size={16} aria-hidden="true" />}>
          may only look
        </Role>
        <Role {...{ draft, change }} value="control" icon={<MousePointer2 size={16} aria-hidden="true" />}>
          may control
        </Role>
      </fieldset>
      <div className={css.pair}>
        <NameField {...{ draft, change }} />
        <TimeField
          label="Good for"
          times={LINK_TIMES}
          value={draft.ttlSeconds}
          onChange={(ttlSeconds) => change({ ttlSeconds })}
        />
      </div>
      <label className={css.check}>
        <input
          type="checkbox"
          checked={draft.oneTime}
          onChange={({ target }) => change({ oneTime: target.checked })}
        />
        <span>Once only: it lets the first one in, and nobody after</span>
      </label>
      {error === null ? null : <ErrorCard error={error} />}
      <Button type="submit" look="primary" icon={<Link2 size={16} />} className={css.make} disabled={isBusy}>
        {isBusy ? "Making it…" : "Make a link"}
      </Button>
    </form>
  );
}

interface PartProps {
  readonly draft: LinkDraft;
  readonly change: (part: Partial<LinkDraft>) => void;
}

interface RoleProps extends PartProps {
  readonly value: LinkDraft["role"];
  readonly icon: ReactNode;
  readonly children: ReactNode;
}

function Role({ draft, change, value, icon, children }: RoleProps) {
  const isChosen = draft.role === value;
  return (
    <label className={css.role} data-chosen={isChosen}>
      <input
        type="radio"
        name="link-role"
        checked={isChosen}
        {...(isChosen ? { "data-first-focus": true } : {})}
        onChange={() => change({ role: value })}
      />
      {icon}
      <span>{children}</span>
    </label>
  );
}

function NameField({ draft, change }: PartProps) {
  return (
    <Field label="For whom">
      {(control) => (
        <input
          {...control}
          placeholder="A name, if you like"
          autoComplete="off"
          maxLength={60}
          value={draft.name}
          onChange={({ target }) => change({ name: target.value })}
        />
      )}
    </Field>
  );
}

interface MadeLinkProps {
  readonly draft: LinkDraft;
  readonly url: string;
  readonly onAgain: () => void;
}

function MadeLink({ draft, url, onAgain }: MadeLinkProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const name = draft.name.trim();
  return (
    <div className={css.made}>
      <Field
        label={name === "" ? "The link" : `The link for ${name}`}
        hint="Copy it now: it is shown only this once. Whoever has it gets in."
      >
        {(control) => (
          <input {...control} ref={field} readOnly value={url} onFocus={({ target }) => target.select()} />
        )}
      </Field>
      <div className={css.madeActions}>
        <CopyButton text={url} what="link" />
        <Button look="quiet" onClick={onAgain}>
          Make another
        </Button>
      </div>
    </div>
  );
}
