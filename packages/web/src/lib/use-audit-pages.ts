"use client";
import type { AuditEntry, BrowserVmError, ConnectionId } from "@browservm/contract";
import { useCallback, useEffect, useState } from "react";
import { client } from "./client.ts";
import { useAttempt } from "./use-attempt.ts";

const PAGE = 100;

export interface AuditPages {
  /** Newest first; null until the first page is there. */
  readonly entries: readonly AuditEntry[] | null;
  readonly error: BrowserVmError | null;
  readonly isBusy: boolean;
  readonly hasOlder: boolean;
  readonly loadOlder: () => void;
  /** Begins anew with the newest. */
  readonly refresh: () => void;
}

/** The audit log, page by page. Key the component by the connection. */
export function useAuditPages(connection: ConnectionId | undefined): AuditPages {
  const [entries, setEntries] = useState<readonly AuditEntry[] | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const { isBusy, error, run } = useAttempt();
  const load = useCallback(
    (from: number | null) =>
      run(async () => {
        const about = connection === undefined ? {} : { connection };
        const page = await client.audit.list({ limit: PAGE, ...about, ...(from ? { cursor: from } : {}) });
        setEntries((before) => (from === null ? page.data : [...(before ?? []), ...page.data]));
        setCursor(page.nextCursor);
      }),
    [connection, run],
  );
  useEffect(() => {
    void load(null);
  }, [load]);
  return {
    entries,
    error,
    isBusy,
    hasOlder: cursor !== null,
    loadOlder: () => void load(cursor),
    refresh: () => void load(null),
  };
}
