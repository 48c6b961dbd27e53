import { constants } from "node:os";
import { ConnectionId } from "@browservm/contract";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";

export interface ExecCommandOptions {
  readonly user: "browser" | "root";
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** Connections by the variables that their tokens are given in. */
  readonly connection?: Record<string, string>;
  /** In seconds. */
  readonly timeout: number;
  readonly stdin?: boolean;
}

/** Runs a command in a session's VM on our own streams and answers its exit status, 128 + n for signal n. */
export async function execInSession(
  context: CliContext,
  id: string,
  {
    command,
    user,
    cwd,
    env,
    connection,
    timeout,
    stdin,
  }: ExecCommandOptions & { readonly command: string[] },
): Promise<number> {
  const request = {
    command,
    user,
    timeoutMs: timeout * 1000,
    ...(cwd ? { cwd } : {}),
    ...(env ? { env } : {}),
    ...(connection ? { connections: connectionIds(connection) } : {}),
    ...(stdin ? { stdin: await readAll(process.stdin) } : {}),
  };
  const { output } = context;
  let status: number = EXIT.unknown;
  for await (const event of context.client().sessions.exec(id, request, { signal: context.signal })) {
    if (output.jsonAsked) {
      const data = event.type === "output" ? { data: Buffer.from(event.data).toString("base64") } : {};
      await output.write(`${JSON.stringify({ ...event, ...data })}\n`);
    } else if (event.type === "output") await output.write(event.data, event.stream);
    else if (event.truncated) output.note("browservm: some output was lost, it passed the limit");
    if (event.type === "exit") status = event.code ?? 128 + signalNumber(event.signal);
  }
  return status;
}

const connectionIds = (map: Record<string, string>) =>
  Object.fromEntries(Object.entries(map).map(([name, id]) => [name, ConnectionId.parse(id)]));

async function readAll(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

function signalNumber(signal: string | null): number {
  return Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0;
}
