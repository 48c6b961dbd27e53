import { constants, openSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { runOrThrow } from "../child.ts";

const MAKE_MS = 30_000;
const { O_NONBLOCK, O_RDWR } = constants;

/**
 * The pipes to a child and from it as two FIFOs, which an agent can leave and the next one can open again. They lie in a
 * directory of root's own: the browser's user cannot open what is in it.
 */
export class FifoPair {
  readonly #commands: string;
  readonly #answers: string;

  constructor(directory: string) {
    this.#commands = join(directory, "commands");
    this.#answers = join(directory, "answers");
  }

  /** New and empty ones; what an earlier child left is gone. */
  async make(): Promise<void> {
    await mkdir(join(this.#commands, ".."), { recursive: true, mode: 0o700 });
    await Promise.all([this.#commands, this.#answers].map((path) => rm(path, { force: true })));
    await runOrThrow("mkfifo", ["-m", "600", this.#commands, this.#answers], { timeoutMs: MAKE_MS });
  }

  /** The child's ends, to be closed when it has them. It reads and writes both, so it never sees their end (fifo(7)). */
  openForChild(): { readonly commands: number; readonly answers: number } {
    return { commands: openSync(this.#commands, O_RDWR), answers: openSync(this.#answers, O_RDWR) };
  }

  /** Our ends. They do not end with the child: who uses them must be told of its end. */
  open(): { readonly toChild: Socket; readonly fromChild: Socket } {
    const fd = (path: string) => openSync(path, O_RDWR | O_NONBLOCK);
    return {
      toChild: new Socket({ fd: fd(this.#commands), readable: false, writable: true }),
      fromChild: new Socket({ fd: fd(this.#answers), readable: true, writable: false }),
    };
  }
}
