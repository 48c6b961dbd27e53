"use client";
import type { HostInfo, Pool } from "@browservm/contract";
import { Hourglass, Zap } from "lucide-react";
import { useEffect, useState } from "react";
import { client } from "../../lib/client.ts";
import { formatDuration } from "../../lib/format.ts";
import { readDraft, type SessionDraft } from "../../lib/session-draft.ts";
import { type WaitingPool, waitingPool } from "../../lib/waiting-pool.ts";
import css from "./new-session-dialog.module.css";

interface PoolHintProps {
  readonly draft: SessionDraft;
  readonly host: HostInfo | null;
}

/** Says whether a VM is ready for what was typed so far. */
export function PoolHint({ draft, host }: PoolHintProps) {
  const pools = usePools();
  const read = readDraft(draft);
  const waiting = read.ok ? waitingPool(read.request, pools, host?.images) : undefined;
  return (
    <div role="status" className={css.hintPlace}>
      {waiting === undefined ? null : <Hint waiting={waiting} hasEnvironment={draft.environment !== ""} />}
    </div>
  );
}

function Hint({
  waiting: { pool, isReady },
  hasEnvironment,
}: {
  waiting: WaitingPool;
  hasEnvironment: boolean;
}) {
  if (!isReady)
    return (
      <p className={css.poolHint}>
        <Hourglass size={16} aria-hidden="true" />
        <span>
          The pool “{pool.name}” has no machine ready just now: this session gets one of its own.
          {pool.filling > 0 ? ` ${pool.filling} more will be ready soon.` : ""}
        </span>
      </p>
    );
  return (
    <p className={css.poolHint} data-ready="true">
      <Zap size={16} aria-hidden="true" />
      <span>
        <strong>A ready machine is waiting</strong> in the pool “{pool.name}”
        {pool.claimMs ? `: you usually have it in ${formatDuration(pool.claimMs.p50)}` : ""}
        {hasEnvironment ? ", and its environment right after" : ""}.
      </span>
    </p>
  );
}

/** The pools as they are when the dialog opens; none while they cannot be told. */
function usePools(): readonly Pool[] {
  const [pools, setPools] = useState<readonly Pool[]>([]);
  useEffect(() => {
    const ended = new AbortController();
    // only a hint: without it the session starts all the same
    client.pools.list({ signal: ended.signal }).then(setPools, () => {});
    return () => ended.abort();
  }, []);
  return pools;
}
