import { setTimeout as sleep } from "node:timers/promises";
import type { Service } from "./service.ts";

/** Silences in a row, not a time: a machine that slept has missed no answer. */
const MOST_SILENCES = 6;

type Watched = Pick<Service, "exited" | "hasExited" | "kill"> & {
  readonly spec: Pick<Service["spec"], "responds" | "readyMs">;
};

export interface SilenceOptions {
  /** Between two looks, in milliseconds. */
  readonly lookMs: number;
  /** Told when it is ended. */
  readonly note: (why: string) => void;
}

/**
 * Ends a service that runs and answers nothing any more, after six silences in a row: who keeps it alive starts
 * it again. What answers with an error is not silent, for it may wait for another; before its first answer it has
 * the time besides that it may take to be ready. Settles when the service has ended.
 */
export async function endWhenSilent(service: Watched, { lookMs, note }: SilenceOptions): Promise<void> {
  const { responds, readyMs } = service.spec;
  // Once: each wait on a promise that is open for months would be remembered as long.
  const ended = new AbortController();
  void service.exited.then(() => ended.abort());
  let left = MOST_SILENCES + Math.ceil(readyMs / lookMs);
  for (;;) {
    // Its end cuts the wait short. It keeps nothing alive that should end.
    await sleep(lookMs, undefined, { signal: ended.signal, ref: false }).catch(() => {});
    if (service.hasExited) return;
    const obstacle = await responds();
    left = obstacle === undefined ? MOST_SILENCES : left - 1;
    if (left > 0) continue;
    note(`it runs and does not answer (${obstacle}): it is ended`);
    return service.kill();
  }
}
