import type { ChildProcess } from "node:child_process";
import { collect, type RunResult, run, start } from "../child.ts";

/**
 * A program that reads its orders from its input. Started ahead of need, it has read all of itself when they come:
 * in an emulated CPU that is most of its time.
 */
export class Standby {
  readonly #file: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  constructor(file: string, args: readonly string[]) {
    this.#file = file;
    this.#args = args;
  }

  /** Starts it, to wait. Does nothing when it waits already. */
  prepare(): void {
    if (this.#child) return;
    const child = start(this.#file, this.#args, { stdio: "pipe" });
    this.#child = child;
    const forget = () => {
      if (this.#child === child) this.#child = undefined;
    };
    child.once("error", forget);
    child.once("exit", forget);
  }

  /** Gives it its orders, and settles at its end. Where none waits, one is started now. */
  async order(input: string, timeoutMs: number): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    const ended: RunResult = child
      ? await collect(child, { file: this.#file, input, timeoutMs })
      : await run(this.#file, this.#args, { input, timeoutMs });
    if (ended.code !== 0)
      throw new Error(`${this.#file}: status ${ended.code}: ${ended.stderr.trim().slice(-500)}`);
  }
}
