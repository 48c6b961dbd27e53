import { isBrowserVmError } from "@browservm/contract";
import type { CliContext } from "../context.ts";

export interface EndedSession {
  readonly id: string;
  readonly status: string;
}

/** Ends sessions at the same time; the first failure is thrown after all have been tried. */
export async function endSessions(
  context: CliContext,
  ids: readonly string[],
  { missingIsFine = false } = {},
): Promise<EndedSession[]> {
  const client = context.client();
  using progress = context.progress();
  if (ids.length > 0) progress.step(ids.length === 1 ? "ending" : `ending ${ids.length} sessions`);
  const results = await Promise.allSettled(
    ids.map(async (id): Promise<EndedSession> => {
      try {
        return { id, status: (await client.sessions.end(id)).status };
      } catch (error) {
        if (missingIsFine && isBrowserVmError(error, "SESSION_NOT_FOUND")) return { id, status: "unknown" };
        throw error;
      }
    }),
  );
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  progress.done();
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}
