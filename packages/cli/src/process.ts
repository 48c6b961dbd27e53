import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { BrowserVmError } from "@browservm/contract";

export interface AttachedSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs a program on our own terminal and answers its exit status (128 + signal number when it was killed). */
export function runAttached({ file, args, cwd, env }: AttachedSpec): Promise<number> {
  const child = spawn(file, args, { stdio: "inherit", ...(cwd ? { cwd } : {}), ...(env ? { env } : {}) });
  // The terminal sends Ctrl-C to both of us; the program decides what it means.
  const wait = () => {};
  process.on("SIGINT", wait);
  const exited = new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(missing(file, error)));
    child.once("exit", (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
  });
  return exited.finally(() => process.off("SIGINT", wait));
}

/** Runs a program to its end and answers its stdout; COMMAND_FAILED with the tail of its stderr. */
export async function runQuietly(file: string, args: readonly string[]): Promise<string> {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve, reject) => {
      child.once("error", (error) => reject(missing(file, error)));
      child.once("exit", (status) => resolve(status));
    }),
  ]);
  if (code === 0) return stdout;
  throw new BrowserVmError("COMMAND_FAILED", `\`${file}\`: exit status ${code}`, {
    stderr: stderr.slice(-4000),
  });
}

export interface ServiceProcess {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Without it the service runs as we do. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** Open file descriptor that takes stdout and stderr; a file, so that our death breaks no pipe. */
  readonly log: number;
}

/** Starts a service in a session of its own: a Ctrl-C on our terminal is for us to pass on. */
export function startService({ file, args, cwd, env, user, log }: ServiceProcess): ChildProcess {
  return spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", log, log],
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
  });
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function missing(file: string, error: NodeJS.ErrnoException): Error {
  if (error.code !== "ENOENT") return error;
  return new BrowserVmError("TOOL_MISSING", `${file} is not installed`, { tool: file, package: file });
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal ? constants.signals[signal] : 0;
}
