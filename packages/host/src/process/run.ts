import { BrowserVmError } from "@browservm/contract";
import { ExecaError, execa } from "execa";

/** The Debian/Ubuntu package that brings each program we call. */
export const PACKAGE_OF: Readonly<Record<string, string>> = {
  ip: "iproute2",
  nft: "nftables",
  nsenter: "util-linux",
  unshare: "util-linux",
  mount: "mount",
  crun: "crun",
  ping: "iputils-ping",
  mmdebstrap: "mmdebstrap",
  "mkfs.erofs": "erofs-utils",
  "mkfs.ext4": "e2fsprogs",
  socat: "socat",
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-system-aarch64": "qemu-system-arm",
};

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Hard end of the command, in milliseconds. */
  readonly timeoutMs?: number;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Whole environment of the child; without it the child gets PATH and LANG=C only. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with every line of stdout and stderr while the command runs. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
}

const DEFAULT_ENV = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C",
  LC_ALL: "C",
};
const TAIL_CHARS = 4000;

/**
 * Runs a program to its end, without a shell. Fails as TOOL_MISSING, DEADLINE_EXCEEDED, CANCELLED or
 * COMMAND_FAILED (with the tail of stderr). Arguments may be shown in errors: never pass secrets in them.
 */
export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { signal, timeoutMs = 30_000, input, cwd, env = DEFAULT_ENV, onLine } = options;
  const child = execa(file, args, {
    env,
    extendEnv: false,
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    stripFinalNewline: false,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
    ...(signal ? { cancelSignal: signal } : {}),
    ...(cwd ? { cwd } : {}),
  });
  const follow = onLine ? followLines(child, onLine) : Promise.resolve();
  try {
    const { stdout, stderr } = await child;
    await follow;
    return { stdout, stderr };
  } catch (error) {
    throw explain(file, args, error);
  }
}

async function followLines(
  child: AsyncIterable<unknown> & {
    iterable(o: { from: "all" | "stdout" | "stderr" }): AsyncIterable<unknown>;
  },
  onLine: (line: string) => void,
): Promise<void> {
  const one = async (from: "stdout" | "stderr") => {
    for await (const line of child.iterable({ from })) onLine(String(line));
  };
  // The command's own promise reports its failure; here it only ends the loop.
  await Promise.allSettled([one("stdout"), one("stderr")]);
}

function explain(file: string, args: readonly string[], error: unknown): Error {
  if (!(error instanceof ExecaError)) return error instanceof Error ? error : new Error(String(error));
  const command = [file, ...args].join(" ").slice(0, 500);
  if (error.code === "ENOENT") {
    const name = file.split("/").at(-1) ?? file;
    return new BrowserVmError("TOOL_MISSING", `${name} is not installed`, {
      tool: name,
      package: PACKAGE_OF[name] ?? name,
    });
  }
  const stderr = String(error.stderr ?? "").slice(-TAIL_CHARS);
  if (error.timedOut)
    return new BrowserVmError(
      "DEADLINE_EXCEEDED",
      `\`${command}\` did not end in time`,
      { command, stderr },
      { cause: error },
    );
  if (error.isCanceled) return new BrowserVmError("CANCELLED", `\`${command}\` was cancelled`, { command });
  const end = error.signal ? `ended by ${error.signal}` : `exit status ${error.exitCode}`;
  if (/no space left on device/i.test(stderr))
    return new BrowserVmError("DISK_FULL", `\`${command}\` found no space`, { command, stderr });
  return new BrowserVmError(
    "COMMAND_FAILED",
    `\`${command}\`: ${end}`,
    { command, exitCode: error.exitCode ?? null, signal: error.signal ?? null, stderr },
    { cause: error },
  );
}
