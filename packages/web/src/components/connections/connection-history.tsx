"use client";
import type { AuditEntry, ConnectionId } from "@browservm/contract";
import Link from "next/link";
import { actionWords, actorWords, detailWords } from "../../lib/audit-view.ts";
import { connectionHistorySource } from "../../lib/connection-sources.ts";
import { formatDate } from "../../lib/format.ts";
import { useLive } from "../../lib/use-live.ts";
import css from "./connection-page.module.css";

/** What was done with one connection, and how its health changed, as the audit log has it. */
export function ConnectionHistory({ id }: { id: ConnectionId }) {
  const { data, error } = useLive(() => connectionHistorySource(id), { restsWhenHidden: true });
  return (
    <section className={css.panel} aria-labelledby="history-title">
      <h2 id="history-title">What happened</h2>
      {data === null ? (
        <p role="status">{error === null ? "Looking it up…" : error.message}</p>
      ) : (
        <ul className={css.history}>
          {data.map((entry) => (
            <Entry key={entry.seq} entry={entry} />
          ))}
        </ul>
      )}
      <Link href={`/audit?connection=${id}`}>All of it in the audit log</Link>
    </section>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const details = detailWords(entry);
  return (
    <li className={css.entry}>
      <time dateTime={entry.at}>{formatDate(entry.at)}</time>
      <span>
        {actionWords(entry.action)}
        {details === "" ? "" : ` (${details})`}
      </span>
      <span>{actorWords(entry.actor)}</span>
    </li>
  );
}
