import { setTimeout as sleep } from "node:timers/promises";

/**
 * Repeats `look` until it no longer throws, or `signal` ends: then the last failure that was not cut off by the
 * signal itself is thrown, for "refused" says more than "too late". Waits grow from `firstMs` to eight times that.
 */
export async function until<T>(signal: AbortSignal, firstMs: number, look: () => Promise<T>): Promise<T> {
  let waitMs = firstMs;
  let last: { readonly error: unknown } | undefined;
  while (true) {
    try {
      return await look();
    } catch (error) {
      if (signal.aborted) throw last ? last.error : error;
      last = { error };
      const slept = await sleep(waitMs, true, { signal }).catch(() => false);
      if (!slept) throw error;
      waitMs = Math.min(waitMs * 1.5, firstMs * 8);
    }
  }
}
