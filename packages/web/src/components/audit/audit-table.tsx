import type { AuditEntry } from "@browservm/contract";
import Link from "next/link";
import { actionWords, actorWords, detailWords } from "../../lib/audit-view.ts";
import { formatDate } from "../../lib/format.ts";
import css from "./audit.module.css";

/** Entries of the audit log, newest first; where there is little room each is a card. */
export function AuditTable({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <div className={css.frame}>
      <table className={css.table} aria-label="Audit log">
        <thead>
          <tr>
            <th scope="col">No.</th>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">With</th>
            <th scope="col">Request</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <Entry key={entry.seq} entry={entry} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { seq, at, actor, action, connectionId, sessionId, requestId } = entry;
  const details = detailWords(entry);
  return (
    <tr>
      <td className={css.seq} title={`Hash ${entry.hash}`}>
        {seq}
      </td>
      <td className={css.when}>
        <time dateTime={at}>{formatDate(at)}</time>
      </td>
      <td>{actorWords(actor)}</td>
      <td className={css.what}>
        {actionWords(action)}
        {details === "" ? null : <small>{details}</small>}
      </td>
      <td className={css.ids}>
        {connectionId === null ? null : <IdLink href={`/connections/${connectionId}`} id={connectionId} />}
        {sessionId === null ? null : <IdLink href={`/sessions/${sessionId}`} id={sessionId} />}
      </td>
      <td className={css.request}>
        {requestId === null ? null : <code title={requestId}>{requestId}</code>}
      </td>
    </tr>
  );
}

function IdLink({ href, id }: { href: string; id: string }) {
  return (
    <Link href={href} title={id}>
      <code>{id}</code>
    </Link>
  );
}
