import type { CliContext } from "../context.ts";
import { type EgressArguments, egressOf } from "./egress-options.ts";
import { waitReady } from "./wait-ready.ts";

export interface RunOptions extends EgressArguments {
  readonly image: string;
  readonly vcpus?: number;
  readonly memory?: number;
  readonly ttl?: number;
  readonly env?: Record<string, string>;
  readonly label?: Record<string, string>;
  /** False: `--no-pool`. */
  readonly pool: boolean;
  readonly boot?: boolean;
  readonly keepFailed?: boolean;
  readonly wait: boolean;
  /** In seconds. */
  readonly timeout: number;
}

/** Creates a session, waits for it with every step shown, and answers a link to its live view. */
export async function runSession(context: CliContext, page: string | undefined, options: RunOptions) {
  const { image, vcpus, memory, ttl, env, label, pool, boot, keepFailed, wait, timeout } = options;
  const egress = await egressOf(options);
  const client = context.client();
  using progress = context.progress();
  progress.step("session");
  const handle = await client.sessions.create({
    image,
    ...(page === undefined ? {} : { url: page }),
    ...(vcpus === undefined ? {} : { vcpus }),
    ...(memory === undefined ? {} : { memoryMib: memory }),
    ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
    ...(env ? { environment: env } : {}),
    ...(label ? { labels: label } : {}),
    ...(pool ? {} : { pool }),
    ...(boot ? { start: "boot" as const } : {}),
    ...(keepFailed ? { keepFailed } : {}),
    ...(egress ? { egress } : {}),
  });
  const session = wait ? await waitReady(progress, handle, timeout * 1000) : handle.data;
  const { url } = await client.sessions.createViewToken(handle.id, { role: "control", oneTime: true });
  progress.done();
  return { id: handle.id, status: session.status, url };
}
