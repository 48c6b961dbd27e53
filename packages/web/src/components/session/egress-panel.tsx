"use client";
import type { EgressReport, SessionId } from "@browservm/contract";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { client } from "../../lib/client.ts";
import { type EgressProblems, egressDraftOf, readEgressDraft } from "../../lib/egress-draft.ts";
import { egressSource } from "../../lib/egress-source.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useLive } from "../../lib/use-live.ts";
import { Button } from "../button.tsx";
import { EgressFields } from "../egress-fields.tsx";
import { LoadProblem } from "../load-problem.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Skeleton } from "../skeleton.tsx";
import { useKeptFocus } from "../use-kept-focus.ts";
import { EgressFacts } from "./egress-facts.tsx";
import css from "./egress-panel.module.css";

/** Where the session may go, what it was refused, and where its proxy comes out. */
export function EgressPanel({ id }: { readonly id: SessionId }) {
  const { data, error, refresh } = useLive(() => egressSource(id), { restsWhenHidden: true });
  const [isEdited, setEdited] = useState(false);
  const [told, setTold] = useState("");
  const kept = useKeptFocus<HTMLElement>();
  const done = () => {
    setEdited(false);
    setTold("In force.");
    refresh();
  };
  return (
    <section {...kept} className={css.panel} aria-label="Egress">
      <LoadProblem error={error} isStale={data !== null} onRetry={refresh} />
      {data === null && error === null ? (
        <Skeleton words="Loading where it may go" blocks={3} layout={css.panel} block={css.block} />
      ) : null}
      {data === null ? null : isEdited ? (
        <EgressForm id={id} report={data} onDone={done} onCancel={() => setEdited(false)} />
      ) : (
        <>
          <EgressFacts report={data} />
          <Button
            onClick={() => {
              setTold("");
              setEdited(true);
            }}
          >
            Change
          </Button>
        </>
      )}
      <p className={css.told} role="status">
        {told}
      </p>
    </section>
  );
}

interface EgressFormProps {
  readonly id: SessionId;
  readonly report: EgressReport;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

/** A change is in force when its call answers; one that is refused leaves all as it was. */
function EgressForm({ id, report: { policy }, onDone, onCancel }: EgressFormProps) {
  const [draft, setDraft] = useState(() => egressDraftOf(policy));
  const [problems, setProblems] = useState<EgressProblems>({});
  const { isBusy, error, run } = useAttempt();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("textarea")?.focus(), []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const read = readEgressDraft(draft, policy);
    if (!read.ok) return setProblems(read.problems);
    if (await run(() => client.sessions.setEgress(id, read.policy))) onDone();
  };
  return (
    <form ref={form} className={css.panel} onSubmit={(event) => void submit(event)} noValidate>
      <EgressFields
        draft={draft}
        problems={problems}
        hasCredentials={policy?.proxy?.credentials !== undefined && draft.proxyUrl === policy.proxy.url}
        onChange={(part) => {
          setDraft({ ...draft, ...part });
          setProblems({});
        }}
      />
      {error === null ? null : <ErrorCard error={error} />}
      <div className={css.actions}>
        <Button type="submit" look="primary" disabled={isBusy}>
          {isBusy ? "Checking…" : "Put in force"}
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
      </div>
    </form>
  );
}
