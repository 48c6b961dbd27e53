import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { getPriority, setPriority } from "node:os";
import { BROWSER_USER, SYSTEM_PATH } from "./browser-user.ts";

/** The environment of every program that runs as root: nothing of ours is inherited. */
export const ROOT_ENVIRONMENT = { PATH: SYSTEM_PATH, LANG: "C.UTF-8" } as const;

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Without it the program runs as root. */
  readonly asBrowserUser?: { readonly env: Readonly<Record<string, string>> };
}

const MAX_OUTPUT_CHARS = 4 * 1_048_576;

/** Runs a program to its end, without a shell. A status other than 0 is an answer; not starting or being late throws. */
export function run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const child = start(file, args, {
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    ...(options.asBrowserUser ? { asBrowserUser: options.asBrowserUser } : {}),
  });
  return collect(child, { file, ...options });
}

/** Gives a child with pipes its whole input, and settles with its output when it has ended. */
export function collect(
  child: ChildProcess,
  { file, input, timeoutMs, signal }: RunOptions & { readonly file: string },
): Promise<RunResult> {
  const out = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.setEncoding("utf8").on("data", (part: string) => {
      if (out[stream].length < MAX_OUTPUT_CHARS) out[stream] += part;
    });
  }
  // A child that does not read its input is told by its exit status.
  child.stdin?.on("error", () => {}).end(input);
  return new Promise((resolve, reject) => {
    const stop = (why: string) => {
      killGroup(child, "SIGKILL");
      reject(new Error(`${file}: ${why}`));
    };
    const timer = setTimeout(() => stop(`did not end within ${timeoutMs} ms`), timeoutMs);
    const onAbort = () => stop("was cancelled");
    signal?.addEventListener("abort", onAbort, { once: true });
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    child.once("error", (error) => {
      done();
      reject(notStarted(file, error));
    });
    child.once("close", (code) => {
      done();
      resolve({ code, ...out });
    });
  });
}

/** Like `run`, and a status other than 0 throws with the last words of stderr. Answers stdout. */
export async function runOrThrow(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<string> {
  const { code, stdout, stderr } = await run(file, args, options);
  if (code !== 0) throw new Error(`${file} ${args[0] ?? ""}: status ${code}: ${stderr.trim().slice(-500)}`);
  return stdout;
}

export interface StartOptions extends Pick<SpawnOptions, "stdio" | "cwd"> {
  readonly asBrowserUser?: { readonly env: Readonly<Record<string, string>> };
  /** Another environment for a program that runs as root. */
  readonly rootEnvironment?: Readonly<Record<string, string>>;
}

/**
 * The one place that starts processes. Each gets a session and process group of its own; those of the browser's
 * user lose root's groups (libuv drops them with the uid) and see only the environment given.
 */
export function start(file: string, args: readonly string[], options: StartOptions): ChildProcess {
  const { asBrowserUser, rootEnvironment = ROOT_ENVIRONMENT, ...rest } = options;
  if (!asBrowserUser) return spawn(file, args, { cwd: "/", ...rest, env: rootEnvironment, detached: true });
  const { uid, gid, home } = BROWSER_USER;
  // Where the agent is not root (trials, tests) it can only be itself.
  const isRoot = process.getuid?.() === 0;
  const identity = isRoot ? { uid, gid } : {};
  const child = spawn(file, args, {
    cwd: home,
    ...rest,
    ...identity,
    env: asBrowserUser.env,
    detached: true,
  });
  if (isRoot) leavePrecedence(child);
  return child;
}

/**
 * A browser at work with our own precedence would hold up the agent that the host waits for. Where we have none, as in
 * a container that was started with `nice`, there is none to leave, and more may not be allowed.
 */
export function leavePrecedence({ pid }: ChildProcess): void {
  if (pid !== undefined && getPriority() < 0) setPriority(pid, 0);
}

/** Signals the child and everything that it started in its group. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

export function notStarted(file: string, error: Error): Error {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" ? new Error(`${file} is not in this image`) : error;
}
