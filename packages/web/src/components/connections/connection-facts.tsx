"use client";
import type { Connection } from "@browservm/contract";
import type { ReactNode } from "react";
import { expiryWords } from "../../lib/connection-view.ts";
import { formatAgo, formatDate, formatSpan } from "../../lib/format.ts";
import { useNow } from "../../lib/use-now.ts";
import { CopyButton } from "../copy-button.tsx";
import css from "./connection-page.module.css";

/** All that is told of a connection. */
export function ConnectionFacts({ connection }: { connection: Connection }) {
  const { id, provider, subject, project, scopes, expiresAt, createdAt, usedAt, rotatedAt } = connection;
  const now = useNow(5000);
  return (
    <section className={css.panel} aria-labelledby="facts-title">
      <h2 id="facts-title">About</h2>
      <dl className={css.facts}>
        <Fact name="Provider">{provider}</Fact>
        <Fact name="Account">{subject ?? "not told"}</Fact>
        <Fact name="Project">{project}</Fact>
        <Fact name="Scopes">{scopes.length === 0 ? "none told" : <Scopes scopes={scopes} />}</Fact>
        <Fact name="Ends">
          {now === null ? "…" : expiryWords(connection, formatSpan, now)}
          {expiresAt === null ? null : <small> ({formatDate(expiresAt)})</small>}
        </Fact>
        <Fact name="Last used">
          <When at={usedAt} now={now} none="never" />
        </Fact>
        <Fact name="Last renewed">
          <When at={rotatedAt} now={now} none="never" />
        </Fact>
        <Fact name="Made">
          <When at={createdAt} now={now} none="" />
        </Fact>
        <Fact name="Id">
          <span className={css.id}>
            <code>{id}</code>
            <CopyButton text={id} what="the id" isSmall />
          </span>
        </Fact>
      </dl>
    </section>
  );
}

function Scopes({ scopes }: { scopes: readonly string[] }) {
  return (
    <span className={css.scopes}>
      {scopes.map((scope) => (
        <code key={scope}>{scope}</code>
      ))}
    </span>
  );
}

function When({ at, now, none }: { at: string | null; now: number | null; none: string }) {
  if (at === null) return none;
  return (
    <time dateTime={at}>
      {now === null ? "…" : formatAgo(at, now)} <small>({formatDate(at)})</small>
    </time>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
