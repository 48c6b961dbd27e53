"use client";
import type { Connection } from "@browservm/contract";
import Link from "next/link";
import { connectionName, expiryWords, HEALTH_WORDS, KIND_WORDS } from "../../lib/connection-view.ts";
import { formatAgo, formatSpan } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { TonePill } from "../tone-pill.tsx";
import css from "./connection-list.module.css";

const MOST_SCOPES = 3;

/** Connections as rows, each of which leads to its own page. */
export function ConnectionList({ connections }: { connections: readonly Connection[] }) {
  const now = useNow(15_000);
  return (
    <ul className={css.list} aria-label="Connections">
      {connections.map((connection) => (
        <Row key={connection.id} connection={connection} now={now} />
      ))}
    </ul>
  );
}

function Row({ connection, now }: { connection: Connection; now: number | null }) {
  const { id, provider, subject, kind, health, healthReason, usedAt, rotatedAt, createdAt } = connection;
  const { words, tone, help } = HEALTH_WORDS[health];
  return (
    <li className={css.row}>
      <div className={css.who}>
        <Link href={`/connections/${id}`} className={css.link} aria-label={connectionName(connection)}>
          {subject ?? provider}
        </Link>
        <p>
          {subject === null ? "" : `${provider} · `}
          {KIND_WORDS[kind]}
        </p>
      </div>
      <div className={css.health}>
        <TonePill tone={tone} words={words} title={help} />
        {healthReason === null ? null : <p className={css.reason}>{healthReason}</p>}
      </div>
      <Scopes scopes={connection.scopes} />
      <dl className={css.times}>
        <Time name="Ends" words={now === null ? "…" : expiryWords(connection, formatSpan, now)} />
        <Time name="Used" words={usedAt === null ? "never" : now === null ? "…" : formatAgo(usedAt, now)} />
        <Time name="Renewed" words={now === null ? "…" : formatAgo(rotatedAt ?? createdAt, now)} />
      </dl>
    </li>
  );
}

function Time({ name, words }: { name: string; words: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{words}</dd>
    </div>
  );
}

/** The first of them; the others are on the connection's page. */
function Scopes({ scopes }: { scopes: readonly string[] }) {
  const more = scopes.length - MOST_SCOPES;
  return (
    <div className={css.scopes}>
      {scopes.slice(0, MOST_SCOPES).map((scope) => (
        <code key={scope} title={scope}>
          {scope}
        </code>
      ))}
      {more > 0 ? <span title={scopes.slice(MOST_SCOPES).join("\n")}>and {more} more</span> : null}
    </div>
  );
}
