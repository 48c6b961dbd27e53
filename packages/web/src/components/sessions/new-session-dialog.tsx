"use client";
import { type BrowserVmError, type HostInfo, toBrowserVmError } from "@browservm/contract";
import { useRouter } from "next/navigation";
import { type FormEvent, useRef, useState } from "react";
import { client } from "../../lib/client.ts";
import { idempotencyKey } from "../../lib/idempotency-key.ts";
import { may } from "../../lib/may.ts";
import {
  type DraftProblems,
  EMPTY_DRAFT,
  profileModeOf,
  readDraft,
  type SessionDraft,
} from "../../lib/session-draft.ts";
import { useMe } from "../../lib/use-me.ts";
import { Button } from "../button.tsx";
import { Dialog, DialogActions } from "../dialog.tsx";
import { EgressFields } from "../egress-fields.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { AdvancedFields } from "./advanced-fields.tsx";
import { Field } from "./field.tsx";
import { ImageField } from "./image-field.tsx";
import css from "./new-session-dialog.module.css";
import { PoolHint } from "./pool-hint.tsx";
import { ProfileFields } from "./profile-fields.tsx";

interface NewSessionDialogProps {
  readonly host: HostInfo | null;
  /** The name of the profile to begin with. */
  readonly profile?: string;
  readonly onClose: () => void;
}

/** Asks what to start, starts it, and goes there. */
export function NewSessionDialog({ host, profile = "", onClose }: NewSessionDialogProps) {
  const router = useRouter();
  const me = useMe();
  const [draft, setDraft] = useState<SessionDraft>({ ...EMPTY_DRAFT, profile });
  const [problems, setProblems] = useState<DraftProblems>({});
  const [error, setError] = useState<BrowserVmError | null>(null);
  const [isBusy, setBusy] = useState(false);
  // the same request sent twice makes one session; a changed request needs a key of its own
  const key = useRef(idempotencyKey());
  const change = (part: Partial<SessionDraft>) => {
    key.current = idempotencyKey();
    setDraft({ ...draft, ...part });
    setProblems({});
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const read = readDraft({ ...draft, profileMode: profileModeOf(draft, may(me, "profiles:write")) });
    if (!read.ok) return setProblems(read.problems);
    setBusy(true);
    setError(null);
    try {
      const session = await client.sessions.create(read.request, { idempotencyKey: key.current });
      router.push(`/sessions/${session.id}`);
    } catch (thrown) {
      setError(toBrowserVmError(thrown));
      setBusy(false);
    }
  };
  const hasHiddenProblem = Boolean(
    problems.vcpus ?? problems.memoryMib ?? problems.idle ?? problems.environment,
  );
  return (
    <Dialog title="New session" onClose={onClose}>
      <form className={css.form} onSubmit={(event) => void submit(event)} noValidate>
        <Field label="Page" hint="Leave it empty for a new tab." problem={problems.url}>
          {(control) => (
            <input
              {...control}
              data-first-focus
              inputMode="url"
              autoComplete="off"
              spellCheck={false}
              placeholder="https://example.com"
              value={draft.url}
              onChange={(event) => change({ url: event.target.value })}
            />
          )}
        </Field>
        <ImageField
          images={host?.images ?? []}
          value={draft.image}
          problem={problems.image}
          onChange={(image) => change({ image })}
        />
        <ProfileFields draft={draft} problems={problems} onChange={change} />
        <PoolHint draft={draft} host={host} />
        <details className={css.more} open={hasHiddenProblem || undefined}>
          <summary>Size, start, lifetime, environment</summary>
          <AdvancedFields draft={draft} problems={problems} onChange={change} />
        </details>
        <details className={css.more} open={problems.egress !== undefined || undefined}>
          <summary>Where it may go</summary>
          <div className={css.advanced}>
            <EgressFields
              draft={draft.egress}
              problems={problems.egress ?? {}}
              onChange={(part) => change({ egress: { ...draft.egress, ...part } })}
            />
          </div>
        </details>
        {error === null ? null : <ErrorCard error={error} />}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={isBusy}>
            {isBusy ? "Starting…" : "Start session"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
