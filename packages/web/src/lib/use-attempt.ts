"use client";
import { type BrowserVmError, toBrowserVmError } from "@browservm/contract";
import { useCallback, useState } from "react";

export interface Attempt {
  readonly isBusy: boolean;
  readonly error: BrowserVmError | null;
  /** True when it worked. */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>;
}

/** A call that a person asked for: busy while it lasts, with its error when it fails. */
export function useAttempt(): Attempt {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<BrowserVmError | null>(null);
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (thrown) {
      setError(toBrowserVmError(thrown));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { isBusy, error, run };
}
