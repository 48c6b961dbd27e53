"use client";
import type { ConnectionId } from "@browservm/contract";
import { Download, RefreshCw, ShieldCheck } from "lucide-react";
import Link from "next/link";
import { may } from "../../lib/may.ts";
import { useAttempt } from "../../lib/use-attempt.ts";
import { useAuditPages } from "../../lib/use-audit-pages.ts";
import { useMe } from "../../lib/use-me.ts";
import { AppBar } from "../app-bar.tsx";
import buttons from "../button.module.css";
import { Button, IconButton } from "../button.tsx";
import { ListSkeleton } from "../list-skeleton.tsx";
import { LoadProblem } from "../load-problem.tsx";
import { LockedPage } from "../locked-page.tsx";
import css from "../page.module.css";
import { ErrorCard } from "../problem-card.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { AuditEntries } from "./audit-entries.tsx";
import { useVerdict, VerdictCard } from "./verdict-card.tsx";

/** What was done with connections, for those who may see it. */
export function AuditPage({ connection }: { connection?: ConnectionId }) {
  const me = useMe();
  if (me !== null && !may(me, "audit:read")) return <NotForYou />;
  return <AuditView connection={connection} />;
}

function NotForYou() {
  return (
    <LockedPage title="Only administrators read the audit log">
      <p>It tells what everybody did with every connection, and when.</p>
    </LockedPage>
  );
}

function AuditView({ connection }: { connection: ConnectionId | undefined }) {
  const pages = useAuditPages(connection);
  const { entries, error, refresh } = pages;
  const { verdict, verify } = useVerdict();
  const attempt = useAttempt();
  useSignIn(error);
  if (error?.code === "FORBIDDEN") return <NotForYou />;
  return (
    <>
      <AppBar />
      <main id="main" className={css.page}>
        <div className={css.top}>
          <h1>Audit log</h1>
          <div className={css.actions}>
            <IconButton label="Look again" disabled={pages.isBusy} onClick={refresh}>
              <RefreshCw size={17} />
            </IconButton>
            <Button
              icon={<ShieldCheck size={16} />}
              disabled={attempt.isBusy}
              title="Checks that every entry is as it was written"
              onClick={() => void attempt.run(verify)}
            >
              {attempt.isBusy ? "Verifying…" : "Verify"}
            </Button>
            <a
              href="/v1/audit/export"
              download="browservm-audit.ndjson"
              title="The whole log, oldest first, an entry a line"
              className={`${buttons.button} ${buttons.plain}`}
            >
              <Download size={16} aria-hidden="true" />
              Export
            </a>
          </div>
        </div>
        {connection === undefined ? null : (
          <p>
            Only what is about <code>{connection}</code>. <Link href="/audit">Show all</Link>
          </p>
        )}
        {attempt.error === null ? null : <ErrorCard error={attempt.error} />}
        {verdict === null ? null : <VerdictCard verdict={verdict} />}
        <LoadProblem error={error} isStale={entries !== null} onRetry={refresh} />
        {entries === null && error === null ? (
          <ListSkeleton words="Loading the audit log…" rows={6} of="audit" />
        ) : null}
        {entries === null ? null : <AuditEntries entries={entries} pages={pages} />}
      </main>
    </>
  );
}
