"use client";
import type { BrowserVmError, HostInfo } from "@browservm/contract";
import { client } from "./client.ts";
import { useLive } from "./use-live.ts";

const LOOK_MS = 30_000;

/** This machine, looked at twice a minute; `error` while hostd does not answer. */
export function useHost(): { host: HostInfo | null; error: BrowserVmError | null } {
  const { data, error } = useLive<HostInfo>(() => ({
    load: (signal) => client.host({ signal }),
    events: silence,
    pollMs: () => LOOK_MS,
  }));
  return { host: data, error };
}

/** A machine tells no events: a stream that stays open and gives nothing until the signal ends. */
async function* silence(signal: AbortSignal): AsyncGenerator<never> {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
