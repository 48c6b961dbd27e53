import type { Session } from "@browservm/contract";
import { client } from "./client.ts";
import type { TimeoutWarning } from "./timeouts.ts";

/** Pushes a time-out on, without making the session's life longer or shorter than it was meant to be. */
export async function keepSession({ id }: Session, { timeout }: TimeoutWarning): Promise<void> {
  const { timeouts } = await client.sessions.heartbeat(id);
  if (timeout !== "idle" || timeouts.offlineAt === null) return;
  // after the heartbeat it has its whole time to live before it: to set that anew counts as something done
  await client.sessions.extend(id, lifetimeSeconds(timeouts.offlineAt, Date.now()));
}

/** Within what the API takes. */
function lifetimeSeconds(until: string, now: number): number {
  return Math.min(604_800, Math.max(30, Math.round((Date.parse(until) - now) / 1000)));
}
