"use client";
import { type BrowserVmError, type SigninProvider, toBrowserVmError } from "@browservm/contract";
import { useEffect, useState } from "react";
import { client } from "./client.ts";

export interface Providers {
  /** Where one can sign in without further settings; null until that is known. */
  readonly list: readonly SigninProvider[] | null;
  readonly error: BrowserVmError | null;
}

/** The providers that are known here, asked for once. */
export function useProviders(): Providers {
  const [providers, setProviders] = useState<Providers>({ list: null, error: null });
  useEffect(() => {
    const ended = new AbortController();
    client.signins.providers({ signal: ended.signal }).then(
      (list) => setProviders({ list, error: null }),
      (thrown: unknown) => {
        if (!ended.signal.aborted) setProviders({ list: null, error: toBrowserVmError(thrown) });
      },
    );
    return () => ended.abort();
  }, []);
  return providers;
}
