import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { end } from "../netns/fake-guest.ts";

const ANSWERS_MS = 60_000;

/** A program of the tests in the namespace "internet" (soak/internet.ts), which says and answers lines of JSON. */
export class OutsideProgram implements AsyncDisposable {
  /** What it said when it was there. */
  readonly about: unknown;
  readonly #child: ChildProcess;
  readonly #lines: Interface;

  private constructor(child: ChildProcess, lines: Interface, about: unknown) {
    this.#child = child;
    this.#lines = lines;
    this.about = about;
  }

  static async start(file: string, ...args: readonly string[]): Promise<OutsideProgram> {
    const command = ["netns", "exec", "internet", process.execPath, file, ...args];
    const child = spawn("ip", command, { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: child.stdout });
    await using undo = new AsyncDisposableStack();
    undo.defer(() => end(child));
    const program = new OutsideProgram(child, lines, await heardBy(lines));
    undo.move();
    return program;
  }

  /** Its answer to a line. */
  async ask(line: string): Promise<unknown> {
    const heard = heardBy(this.#lines);
    this.#child.stdin?.write(`${line}\n`);
    return heard;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#child);
  }
}

async function heardBy(lines: Interface): Promise<unknown> {
  const [line] = await once(lines, "line", { signal: AbortSignal.timeout(ANSWERS_MS) });
  return JSON.parse(String(line));
}
