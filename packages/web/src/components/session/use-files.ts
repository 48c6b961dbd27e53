"use client";
import {
  type BrowserVmError,
  DOWNLOADS,
  type FileListing,
  isBrowserVmError,
  type SessionId,
  toBrowserVmError,
} from "@browservm/contract";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { client } from "../../lib/client.ts";
import { sendFile } from "../../lib/send-file.ts";
import { type Upload, UploadQueue } from "../../lib/upload-queue.ts";

/** The downloads of a session, and what is on its way into them. */
export interface Files {
  readonly id: SessionId;
  /** Whether this reader may put files in and take them out now. */
  readonly isAllowed: boolean;
  /** Grows with each file that arrives: then the list is another. */
  readonly arrivals: number;
  readonly uploads: readonly Upload[];
  readonly add: (files: Iterable<File>) => void;
  /** Cancels one that is on its way; puts away one that is over. */
  readonly remove: (key: number) => void;
}

const NONE: readonly Upload[] = [];

export function useFiles(id: SessionId, isAllowed: boolean): Files {
  const [arrivals, setArrivals] = useState(0);
  const queue = useMemo(
    () =>
      new UploadQueue({
        send: (file, sending) => sendFile(id, file, sending),
        onArrived: () => setArrivals((before) => before + 1),
      }),
    [id],
  );
  useEffect(() => () => queue[Symbol.dispose](), [queue]);
  const uploads = useSyncExternalStore(
    useCallback((listener) => queue.subscribe(listener), [queue]),
    () => queue.uploads,
    () => NONE,
  );
  return {
    id,
    isAllowed,
    arrivals,
    uploads,
    add: useCallback((files) => queue.add(files), [queue]),
    remove: useCallback((key) => queue.remove(key), [queue]),
  };
}

export interface FileList {
  /** Null while it is not known. */
  readonly listing: FileListing | null;
  readonly error: BrowserVmError | null;
  readonly refresh: () => Promise<void>;
}

/** What is in the downloads now; looked up when asked, and when something arrived. */
export function useFileList({ id, isAllowed, arrivals }: Files): FileList {
  const [listing, setListing] = useState<FileListing | null>(null);
  const [error, setError] = useState<BrowserVmError | null>(null);
  const refresh = useCallback(async () => {
    try {
      setListing(await listDownloads(id));
      setError(null);
    } catch (thrown) {
      setError(toBrowserVmError(thrown));
    }
  }, [id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an arrival is the reason to look again
  useEffect(() => {
    if (isAllowed) void refresh();
  }, [refresh, isAllowed, arrivals]);
  return { listing, error, refresh };
}

/** A session that has never downloaded anything may have no such directory. */
async function listDownloads(id: SessionId): Promise<FileListing> {
  try {
    return await client.sessions.files(id).list();
  } catch (error) {
    if (isBrowserVmError(error, "FILE_NOT_FOUND")) return { entries: [], truncated: false };
    throw error;
  }
}

export const inDownloads = (name: string): string => `${DOWNLOADS}/${name}`;
