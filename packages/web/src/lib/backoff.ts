const STEPS_MS = [500, 1000, 2000, 4000, 8000, 15_000] as const;

/** How long to wait before try number `attempt` (1 = the first repeat), in milliseconds. */
export function backoffMs(attempt: number): number {
  return STEPS_MS[Math.min(Math.max(attempt, 1), STEPS_MS.length) - 1] ?? 15_000;
}

/** Resolves after `ms`, or at once when the signal ends. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
