"use client";
import type { BrowserVmError, HostInfo } from "@browservm/contract";
import { client } from "./client.ts";
import { useLive } from "./use-live.ts";

const LOOK_MS = 30_000;

interface HostLook {
  readonly host: HostInfo | null;
  /** While hostd does not answer. */
  readonly error: BrowserVmError | null;
  readonly refresh: () => void;
}

/** This machine, looked at twice a minute. */
export function useHost(): HostLook {
  const { data, error, refresh } = useLive<HostInfo>(() => ({
    load: (signal) => client.host({ signal }),
    events: silence,
    pollMs: () => LOOK_MS,
  }));
  return { host: data, error, refresh };
}

/** A machine tells no events: a stream that stays open and gives nothing until the signal ends. */
async function* silence(signal: AbortSignal): AsyncGenerator<never> {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
