"use client";
import { type BrowserVmError, toBrowserVmError, type ViewLink } from "@browservm/contract";
import { useCallback, useEffect, useState } from "react";
import { client } from "../../lib/client.ts";
import type { Sharing } from "./use-sharing.ts";

export interface ViewLinks {
  /** The newest first; null while they are not known. */
  readonly links: readonly ViewLink[] | null;
  readonly error: BrowserVmError | null;
  readonly refresh: () => Promise<void>;
}

/** The links to a session, looked up anew whenever somebody comes or goes, for then one may have been used. */
export function useViewLinks({ id, viewers }: Sharing): ViewLinks {
  const [links, setLinks] = useState<readonly ViewLink[] | null>(null);
  const [error, setError] = useState<BrowserVmError | null>(null);
  const refresh = useCallback(async () => {
    try {
      setLinks((await client.sessions.listViewLinks(id)).links);
      setError(null);
    } catch (thrown) {
      setError(toBrowserVmError(thrown));
    }
  }, [id]);
  const whoIsHere = viewers?.map((one) => one.id).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: who is here is the reason to look again
  useEffect(() => void refresh(), [refresh, whoIsHere]);
  return { links, error, refresh };
}
