"use client";
import type { Session } from "@browservm/contract";
import Link from "next/link";
import { useState } from "react";
import { formatPage, formatSpan } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../button.tsx";
import { StatusPill } from "../status-pill.tsx";
import css from "./ended-list.module.css";

const FIRST = 8;

/** Sessions that are over, newest first; failed ones say why. */
export function EndedList({ sessions }: { sessions: readonly Session[] }) {
  const now = useNow(30_000);
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? sessions : sessions.slice(0, FIRST);
  return (
    <section className={css.section} aria-labelledby="earlier">
      <h2 id="earlier">Earlier</h2>
      <ul className={css.list}>
        {shown.map((session) => (
          <li key={session.id} className={css.row}>
            <StatusPill phase={session.status} />
            <Link href={`/sessions/${session.id}`} className={css.page}>
              {formatPage(session.url)}
            </Link>
            <span className={css.why}>{session.reason?.message ?? ""}</span>
            <span className={css.when}>
              {now ? `${formatSpan(now - Date.parse(session.endedAt ?? session.createdAt))} ago` : ""}
            </span>
          </li>
        ))}
      </ul>
      {isWhole || sessions.length <= FIRST ? null : (
        <Button look="quiet" onClick={() => setWhole(true)}>
          Show all {sessions.length}
        </Button>
      )}
    </section>
  );
}
