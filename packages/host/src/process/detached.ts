import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { BrowserVmError } from "@browservm/contract";
import { identify, type ProcessIdentity } from "./identity.ts";
import { PACKAGE_OF } from "./run.ts";

export interface DetachedSpec {
  readonly file: string;
  readonly args: readonly string[];
  /** Output files, opened O_APPEND so that they survive our death and can be cut while open. */
  readonly stdout: string;
  readonly stderr: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** False when only its absence was seen (an adopted process): code and signal are then unknown. */
  readonly observed: boolean;
}

export interface DetachedProcess {
  readonly identity: ProcessIdentity;
  /** Settles once, when the process ends while we live. */
  readonly exited: Promise<ExitStatus>;
}

/** Starts a program in a session of its own, with no pipe to us, so that it outlives us. */
export async function spawnDetached(spec: DetachedSpec): Promise<DetachedProcess> {
  // For reading, too: a named pipe then neither waits for its reader, nor breaks when that dies.
  const out = openSync(spec.stdout, "a+", 0o600);
  const err = openSync(spec.stderr, "a+", 0o600);
  try {
    const child = spawn(spec.file, spec.args, {
      detached: true,
      stdio: ["ignore", out, err],
      env: spec.env ?? { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C" },
      ...(spec.cwd ? { cwd: spec.cwd } : {}),
    });
    const exited = new Promise<ExitStatus>((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal, observed: true }));
    });
    const pid = await spawned(child, spec.file);
    child.unref();
    return { identity: identify(pid) ?? { pid, startTicks: "", bootId: "" }, exited };
  } finally {
    closeSync(out);
    closeSync(err);
  }
}

function spawned(child: ChildProcess, file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const tool = file.split("/").at(-1) ?? file;
      const missing = error.code === "ENOENT";
      reject(
        missing
          ? new BrowserVmError("TOOL_MISSING", `${tool} is not installed`, {
              tool,
              package: PACKAGE_OF[tool] ?? tool,
            })
          : error,
      );
    });
    child.once("spawn", () =>
      child.pid ? resolve(child.pid) : reject(new Error("a spawned child has no pid")),
    );
  });
}
