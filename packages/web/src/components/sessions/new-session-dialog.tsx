"use client";
import type { HostInfo } from "@browservm/contract";
import { useRouter } from "next/navigation";
import { useRef, useState } from "react";
import { client } from "../../lib/client.ts";
import { idempotencyKey } from "../../lib/idempotency-key.ts";
import { may } from "../../lib/may.ts";
import {
  type DraftProblems,
  EMPTY_DRAFT,
  hasLimits,
  profileModeOf,
  readDraft,
  type SessionDraft,
} from "../../lib/session-draft.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useMe } from "../../lib/use-me.ts";
import { Dialog } from "../dialog.tsx";
import { DialogForm } from "../dialog-form.tsx";
import { EgressFields } from "../egress-fields.tsx";
import { AdvancedFields } from "./advanced-fields.tsx";
import { ClipboardFields } from "./clipboard-fields.tsx";
import { Field } from "./field.tsx";
import { ImageField } from "./image-field.tsx";
import css from "./new-session-dialog.module.css";
import { PoolHint } from "./pool-hint.tsx";
import { ProfileFields } from "./profile-fields.tsx";

interface NewSessionDialogProps {
  readonly host: HostInfo | null;
  /** What is filled in already. */
  readonly begin?: Partial<SessionDraft>;
  readonly onClose: () => void;
}

/** Asks what to start, starts it, and goes there. */
export function NewSessionDialog({ host, begin, onClose }: NewSessionDialogProps) {
  const router = useRouter();
  const me = useMe();
  const [draft, setDraft] = useState<SessionDraft>({ ...EMPTY_DRAFT, ...begin });
  // what it begins with is seen, and may be changed
  const [isLimited] = useState(() => hasLimits(draft));
  const [problems, setProblems] = useState<DraftProblems>({});
  const attempt = useAttempt();
  // the same request sent twice makes one session; a changed request needs a key of its own
  const key = useRef(idempotencyKey());
  const change = (part: Partial<SessionDraft>) => {
    key.current = idempotencyKey();
    setDraft({ ...draft, ...part });
    setProblems({});
  };
  const submit = async () => {
    const read = readDraft({ ...draft, profileMode: profileModeOf(draft, may(me, "profiles:write")) });
    if (!read.ok) return setProblems(read.problems);
    await attempt.run(async () => {
      const session = await client.sessions.create(read.request, { idempotencyKey: key.current });
      router.push(`/sessions/${session.id}`);
    });
  };
  const hasHiddenProblem = Boolean(
    problems.vcpus ?? problems.memoryMib ?? problems.idle ?? problems.environment,
  );
  return (
    <Dialog title="New session" onClose={onClose}>
      <DialogForm
        confirm="Start session"
        busy="Starting…"
        attempt={attempt}
        onSubmit={submit}
        onClose={onClose}
      >
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
        <details className={css.more} open={isLimited || problems.egress !== undefined || undefined}>
          <summary>Where it may go, clipboard</summary>
          <div className={css.advanced}>
            <EgressFields
              draft={draft.egress}
              problems={problems.egress ?? {}}
              onChange={(part) => change({ egress: { ...draft.egress, ...part } })}
            />
            <ClipboardFields
              policy={draft.clipboard}
              onChange={(part) => change({ clipboard: { ...draft.clipboard, ...part } })}
            />
          </div>
        </details>
      </DialogForm>
    </Dialog>
  );
}
