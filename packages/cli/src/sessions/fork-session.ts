import type { CliContext } from "../context.ts";
import { waitReady } from "./wait-ready.ts";

export interface ForkCommandOptions {
  readonly ttl?: number;
  readonly label?: Record<string, string>;
  readonly wait: boolean;
  /** In seconds. */
  readonly timeout: number;
}

/** Forks a session, waits for the new one, and answers a link to its live view. */
export async function forkSession(context: CliContext, id: string, options: ForkCommandOptions) {
  const { ttl, label, wait, timeout } = options;
  const client = context.client();
  using progress = context.progress();
  progress.step("fork");
  const body = { ...(ttl === undefined ? {} : { ttlSeconds: ttl }), ...(label ? { labels: label } : {}) };
  const handle = await client.sessions.fork(id, body, { signal: context.signal });
  const session = wait ? await waitReady(progress, handle, timeout * 1000) : handle.data;
  const { url } = await client.sessions.createViewToken(handle.id, { role: "control", oneTime: true });
  progress.done();
  return { id: handle.id, status: session.status, forkOf: id, url };
}
