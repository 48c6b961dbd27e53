"use client";
import type { Connection, ConnectionId } from "@browservm/contract";
import { ChevronLeft } from "lucide-react";
import Link from "next/link";
import { connectionSource } from "../../lib/connection-sources.ts";
import { connectionName, KIND_WORDS } from "../../lib/connection-view.ts";
import { may } from "../../lib/may.ts";
import { useLive } from "../../lib/use-live.ts";
import { useMe } from "../../lib/use-me.ts";
import { AppBar } from "../app-bar.tsx";
import { LoadProblem } from "../load-problem.tsx";
import page from "../page.module.css";
import { Skeleton } from "../skeleton.tsx";
import { useSignIn } from "../use-sign-in.ts";
import { ConnectionActions } from "./connection-actions.tsx";
import { ConnectionFacts } from "./connection-facts.tsx";
import { ConnectionHealthCard } from "./connection-health-card.tsx";
import { ConnectionHistory } from "./connection-history.tsx";
import css from "./connection-page.module.css";
import { ConnectionUse } from "./connection-use.tsx";

/** One connection: how it is, what it is for, what was done with it. Never its secret. */
export function ConnectionPage({ id }: { id: ConnectionId }) {
  const { data, error, refresh } = useLive(() => connectionSource(id), { restsWhenHidden: true });
  useSignIn(error);
  // somebody deleted it: what was known of it helps nobody
  const connection = error?.code === "CONNECTION_NOT_FOUND" ? null : data;
  return (
    <>
      <AppBar isInner />
      <main id="main" className={page.page}>
        <Link href="/connections" className={css.back}>
          <ChevronLeft size={16} aria-hidden="true" />
          All connections
        </Link>
        <LoadProblem error={error} isStale={connection !== null} onRetry={refresh} />
        {connection === null && error === null ? (
          <Skeleton words="Loading the connection…" blocks={3} layout={page.rows} block={css.skeleton} />
        ) : null}
        {connection === null ? null : <Shown connection={connection} onChanged={refresh} />}
      </main>
    </>
  );
}

function Shown({ connection, onChanged }: { connection: Connection; onChanged: () => void }) {
  const me = useMe();
  const canWrite = may(me, "connections:write");
  return (
    <>
      <div className={page.top}>
        <div>
          <h1>{connectionName(connection)}</h1>
          <p className={css.kind}>{KIND_WORDS[connection.kind]}</p>
        </div>
        <ConnectionActions
          connection={connection}
          canUse={may(me, "connections:token")}
          canRemove={canWrite}
          onChanged={onChanged}
        />
      </div>
      <ConnectionHealthCard connection={connection} canRenew={canWrite} onChanged={onChanged} />
      <div className={css.columns}>
        <ConnectionFacts connection={connection} />
        <ConnectionUse connection={connection} origin={me?.publicUrl} />
      </div>
      {may(me, "audit:read") ? <ConnectionHistory id={connection.id} /> : null}
    </>
  );
}
