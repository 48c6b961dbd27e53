"use client";
import type { ViewLink } from "@browservm/contract";
import { useState } from "react";
import { client } from "../../lib/client.ts";
import { type LinkLine, linkLines, STATE_WORDS } from "../../lib/link-view.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { ConfirmDialog } from "../confirm-dialog.tsx";
import { ErrorCard } from "../problem-card.tsx";
import { Skeleton } from "../skeleton.tsx";
import { useKeptFocus } from "../use-kept-focus.ts";
import css from "./share-dialog.module.css";
import type { Sharing } from "./use-sharing.ts";
import type { ViewLinks } from "./use-view-links.ts";

interface LinkListProps {
  readonly links: ViewLinks;
  readonly sharing: Sharing;
}

/** The links that were made, without their addresses; each can be made useless. */
export function LinkList({ links: { links, error, refresh }, sharing }: LinkListProps) {
  const now = useNow();
  const [revoking, setRevoking] = useState<LinkLine | null>(null);
  const kept = useKeptFocus<HTMLElement>();
  if (error !== null && links === null)
    return <ErrorCard error={error} actions={<Button onClick={() => void refresh()}>Try again</Button>} />;
  if (links === null || now === null)
    return <Skeleton words="Loading the links" blocks={2} layout={css.list} block={css.ghost} />;
  const { live, over } = linkLines(links, now);
  return (
    <section className={css.kept} aria-label="Links" {...kept}>
      {error === null ? null : <p className={css.stale}>The list may be old: {error.message}</p>}
      {live.length === 0 ? <p className={css.empty}>No link lets anybody in now.</p> : null}
      {live.length === 0 ? null : (
        <ul className={css.list} aria-label="Links of use">
          {live.map((line) => (
            <LinkItem key={line.link.id} line={line} onRevoke={() => setRevoking(line)} />
          ))}
        </ul>
      )}
      {over.length === 0 ? null : <OldLinks lines={over} />}
      {revoking === null ? null : (
        <RevokeDialog
          line={revoking}
          guests={guestsOf(revoking.link, sharing)}
          onRevoke={() => client.sessions.revokeViewLink(sharing.id, revoking.link.id).then(refresh)}
          onClose={() => setRevoking(null)}
        />
      )}
    </section>
  );
}

const guestsOf = ({ id }: ViewLink, { viewers }: Sharing) =>
  (viewers ?? []).filter(({ linkId }) => linkId === id).length;

function LinkItem({ line, onRevoke }: { line: LinkLine; onRevoke?: () => void }) {
  const { name, state, facts, canRevoke } = line;
  return (
    <li className={css.item}>
      <div className={css.who}>
        <strong>{name}</strong>
        <span className={css.tag} data-state={state}>
          {STATE_WORDS[state]}
        </span>
        <p>{facts}</p>
      </div>
      {canRevoke && onRevoke ? (
        <Button look="danger" aria-label={`Revoke the link: ${name}`} onClick={onRevoke}>
          Revoke
        </Button>
      ) : null}
    </li>
  );
}

/** Links that lead nowhere any more are kept out of the way. */
function OldLinks({ lines }: { lines: readonly LinkLine[] }) {
  return (
    <details className={css.old}>
      <summary>{lines.length === 1 ? "1 old link" : `${lines.length} old links`}</summary>
      <ul className={css.list} aria-label="Old links">
        {lines.map((line) => (
          <LinkItem key={line.link.id} line={line} />
        ))}
      </ul>
    </details>
  );
}

interface RevokeDialogProps {
  readonly line: LinkLine;
  /** How many are here who came by it. */
  readonly guests: number;
  readonly onRevoke: () => Promise<unknown>;
  readonly onClose: () => void;
}

function RevokeDialog({ line, guests, onRevoke, onClose }: RevokeDialogProps) {
  return (
    <ConfirmDialog
      title={line.link.name === null ? "Revoke this link?" : `Revoke the link for ${line.name}?`}
      confirm="Revoke"
      busy="Revoking…"
      refuse="Keep it"
      onConfirm={onRevoke}
      onClose={onClose}
    >
      <p>It lets nobody in any more{guestWords(guests)}.</p>
    </ConfirmDialog>
  );
}

function guestWords(guests: number): string {
  if (guests === 0) return "";
  return guests === 1
    ? ", and the one who came by it is sent away now"
    : `, and the ${guests} who came by it are sent away now`;
}
