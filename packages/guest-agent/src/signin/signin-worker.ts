import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { endTree } from "./end-tree.ts";

/** A process that does one job of a sign-in, started by us or waiting since before a freeze. */
export interface SigninWorker {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Settles when it is gone with all that it started, and what it said has been read. */
  readonly ended: Promise<void>;
  /** Ends it with all that it started. */
  end(): void;
}

/** A child with pipes as input and output. */
export function workerOfChild(child: ChildProcess): SigninWorker {
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error("a worker is started with pipes");
  return {
    stdin,
    stdout,
    ended: new Promise((resolve) => {
      child.once("error", () => resolve());
      child.once("close", () => resolve());
    }),
    end: () => endTree(child),
  };
}
