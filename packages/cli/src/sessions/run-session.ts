import { BrowserVmError } from "@browservm/contract";
import type { BrowserVM, CreateOptions, SessionHandle } from "@browservm/sdk";
import type { CliContext } from "../context.ts";
import { clipboardNamed } from "./clipboard-option.ts";
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
  /** Ids of connections to sign in with. */
  readonly connection?: readonly string[];
  /** Name or id of a browser profile. */
  readonly profile?: string;
  readonly readOnly?: boolean;
  readonly clipboard?: string;
  /** In seconds. */
  readonly timeout: number;
}

/** Creates a session, waits for it with every step shown, and answers a link to its live view. */
export async function runSession(context: CliContext, page: string | undefined, options: RunOptions) {
  const { connection: connections = [], wait, timeout } = options;
  if (connections.length > 0 && !wait)
    throw new BrowserVmError(
      "BAD_REQUEST",
      "--connection waits until the session is ready: leave out --no-wait",
    );
  if (options.readOnly && options.profile === undefined)
    throw new BrowserVmError("BAD_REQUEST", "--read-only is about a profile: name it with --profile");
  const egress = await egressOf(options);
  const client = context.client();
  using progress = context.progress();
  progress.step("session");
  // With connections the page is opened when the browser has them.
  const first = connections.length > 0 ? undefined : page;
  const handle = await client.sessions.create(requestOf(options, first, egress));
  const session = wait ? await waitReady(progress, handle, timeout * 1000) : handle.data;
  if (connections.length > 0) {
    progress.step("connections");
    await signIn(client, handle, { connections, page });
  }
  const { url } = await client.sessions.createViewToken(handle.id, { role: "control", oneTime: true });
  progress.done();
  return { id: handle.id, status: session.status, url };
}

function requestOf(
  options: RunOptions,
  page: string | undefined,
  egress: CreateOptions["egress"],
): CreateOptions {
  const { image, vcpus, memory, ttl, env, label, pool, boot, keepFailed, profile, readOnly } = options;
  const clipboard = clipboardNamed(options.clipboard);
  return {
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
    ...(clipboard ? { clipboard } : {}),
    ...(profile === undefined ? {} : { profile: { name: profile, mode: readOnly ? "read" : "write" } }),
  };
}

interface SignIn {
  readonly connections: readonly string[];
  readonly page: string | undefined;
}

/** A session that is not signed in is not what was asked for: nobody is left with it. */
async function signIn(
  client: BrowserVM,
  handle: SessionHandle,
  { connections, page }: SignIn,
): Promise<void> {
  try {
    for (const id of connections) await client.connections.use(id, handle.id);
    if (page !== undefined) await handle.navigate(page);
  } catch (error) {
    await handle.end().catch(() => {}); // the first failure is the one to be told
    throw error;
  }
}
