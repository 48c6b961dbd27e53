"use client";
import type { ApiKey, Me } from "@browservm/contract";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { keysSource } from "../../lib/people-sources.ts";
import { KEY_STATE_WORDS, keyFacts, keyState, oldSecretFacts } from "../../lib/people-view.ts";
import { useLive } from "../../lib/use-live.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { LoadProblem } from "../load-problem.tsx";
import { Skeleton } from "../skeleton.tsx";
import { useKeptFocus } from "../use-kept-focus.ts";
import { KeyDialog } from "./key-dialog.tsx";
import css from "./people.module.css";
import { RotateDialog } from "./rotate-dialog.tsx";

type Wish = { readonly do: "make" } | { readonly do: "rotate" | "revoke"; readonly key: ApiKey };

/** Keys of programs that one may work on. */
export function KeysPanel({ me }: { me: Me }) {
  const { data: keys, error, refresh } = useLive(keysSource, { restsWhenHidden: true });
  const [wish, setWish] = useState<Wish | null>(null);
  const close = () => setWish(null);
  const kept = useKeptFocus<HTMLElement>();
  return (
    <section className={css.panel} aria-labelledby="keys-title" {...kept}>
      <header className={css.header}>
        <h2 id="keys-title">API keys</h2>
        <Button icon={<Plus size={16} />} onClick={() => setWish({ do: "make" })}>
          Make a key
        </Button>
      </header>
      <LoadProblem error={error} isStale={keys !== null} onRetry={refresh} />
      {keys === null ? (
        error === null && <Skeleton words="Loading the keys" blocks={2} layout={css.list} block={css.row} />
      ) : (
        <Keys keys={keys} onWish={setWish} />
      )}
      {wish?.do === "make" ? <KeyDialog me={me} onMade={refresh} onClose={close} /> : null}
      {wish?.do === "rotate" ? <RotateDialog apiKey={wish.key} onDone={refresh} onClose={close} /> : null}
      {wish?.do === "revoke" ? (
        <ConfirmDialog
          title={`Revoke the key “${wish.key.name}”?`}
          confirm="Revoke"
          busy="Revoking…"
          refuse="Keep it"
          onConfirm={() => client.keys.remove(wish.key.id).finally(refresh)}
          onClose={close}
        >
          <p>What uses it gets no answer any more, and what it has open is closed now.</p>
        </ConfirmDialog>
      ) : null}
    </section>
  );
}

function Keys({ keys, onWish }: { keys: readonly ApiKey[]; onWish: (wish: Wish) => void }) {
  const now = useNow();
  if (keys.length === 0)
    return (
      <div className={css.empty}>
        <KeyRound size={26} aria-hidden="true" />
        <p>No keys. Programs and agents use one instead of signing in.</p>
      </div>
    );
  return (
    <ul className={css.list} aria-label="API keys">
      {keys.map((key) => (
        <KeyItem key={key.id} {...{ apiKey: key, onWish }} now={now ?? Date.parse(key.createdAt)} />
      ))}
    </ul>
  );
}

interface KeyItemProps {
  readonly apiKey: ApiKey;
  readonly now: number;
  readonly onWish: (wish: Wish) => void;
}

function KeyItem({ apiKey: key, now, onWish }: KeyItemProps) {
  const state = keyState(key, now);
  const old = oldSecretFacts(key, now);
  return (
    <li className={css.item} data-off={state !== "good"}>
      <div className={css.who}>
        <strong>{key.name}</strong>
        <code>{key.prefix}…</code>
        {state === "good" ? null : (
          <span className={css.tag} data-state="off">
            {KEY_STATE_WORDS[state]}
          </span>
        )}
        <p>{keyFacts(key, now)}</p>
        <p className={css.scopes}>
          {key.scopes.map((scope) => (
            <code key={scope}>{scope === "*" ? "everything" : scope}</code>
          ))}
        </p>
        {old === null ? null : <p className={css.old}>{old}</p>}
      </div>
      <div className={css.acts}>
        <Button aria-label={`Rotate the key: ${key.name}`} onClick={() => onWish({ do: "rotate", key })}>
          Rotate
        </Button>
        <Button
          look="danger"
          aria-label={`Revoke the key: ${key.name}`}
          onClick={() => onWish({ do: "revoke", key })}
        >
          Revoke
        </Button>
      </div>
    </li>
  );
}
