import type { Service } from "./service.ts";

/** Silences in a row, not a time: a machine that slept has missed no answer. */
const MOST_SILENCES = 6;

export interface SilenceOptions {
  /** Between two looks, in milliseconds. */
  readonly lookMs: number;
  /** Told when it is ended. */
  readonly note: (why: string) => void;
}

/**
 * Ends a service that runs and answers nothing any more, after six silences in a row: who keeps it alive starts
 * it again. What answers with an error is not silent, for it may wait for another. Settles when the service has ended.
 */
export async function endWhenSilent(service: Service, { lookMs, note }: SilenceOptions): Promise<void> {
  let silences = 0;
  for (;;) {
    await Promise.race([service.exited, pause(lookMs)]);
    if (service.hasExited) return;
    const obstacle = await service.spec.responds();
    silences = obstacle === undefined ? 0 : silences + 1;
    if (silences < MOST_SILENCES) continue;
    note(`it runs and does not answer (${obstacle}): it is ended`);
    return service.kill();
  }
}

/** Keeps nothing alive that should end. */
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
