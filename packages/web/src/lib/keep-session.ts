import type { Session } from "@browservm/contract";
import { client } from "./client.ts";
import type { TimeoutWarning } from "./timeouts.ts";

/** Pushes a time-out on, without making the session's life longer or shorter than it was meant to be. */
export async function keepSession({ id }: Session, { timeout }: TimeoutWarning): Promise<void> {
  // that somebody looks is no use of it, and keeps no session from being idle
  await (timeout === "idle" ? client.sessions.extend(id) : client.sessions.heartbeat(id));
}
