import { runOrThrow } from "../child.ts";

/** A difference that a healthy channel can make by itself; smaller steps are left alone. */
const TOLERATED_MS = 1500;

/** Steps the clock to the host's time when it is off. Answers the step in milliseconds, 0 when none was needed. */
export async function setClock(time: string): Promise<number> {
  const stepMs = Date.parse(time) - Date.now();
  if (Math.abs(stepMs) < TOLERATED_MS) return 0;
  const seconds = (Date.parse(time) / 1000).toFixed(3);
  await runOrThrow("date", ["--utc", "--set", `@${seconds}`], { timeoutMs: 10_000 });
  return stepMs;
}
