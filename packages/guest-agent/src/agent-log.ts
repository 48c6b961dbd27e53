import { writeSync } from "node:fs";
import { News } from "./news.ts";

const CAPACITY = 2000;
const MAX_CHARS = 2000;

export interface LogPart {
  readonly lines: string[];
  /** Give this as `after` to get what comes later. */
  readonly next: number;
}

/** The agent's own log: the last 2000 lines in memory for the host, and every line on stderr for the journal. */
export class AgentLog {
  readonly #now: () => Date;
  readonly #write: (line: string) => void;
  #lines: string[] = [];
  #written = 0;
  readonly #news = new News();

  constructor(options: { readonly now?: () => Date; readonly write?: (line: string) => void } = {}) {
    this.#now = options.now ?? (() => new Date());
    this.#write = options.write ?? writeToStderr;
  }

  info(message: string): void {
    this.#add("info", message);
  }

  warn(message: string): void {
    this.#add("warn", message);
  }

  /** Lines after the `after`-th one; waits up to `waitMs` for the first when there is none yet. */
  async after(after: number, waitMs: number, signal: AbortSignal): Promise<LogPart> {
    if (after >= this.#written && waitMs > 0) await this.#news.next(waitMs, signal);
    const oldest = this.#written - this.#lines.length;
    const lines = this.#lines.slice(Math.max(0, after - oldest)).slice(0, 1000);
    return { lines, next: Math.max(oldest, Math.min(after, this.#written)) + lines.length };
  }

  #add(level: string, message: string): void {
    const line = `${level} ${message.replaceAll("\n", " ⏎ ").slice(0, MAX_CHARS)}`;
    this.#write(line);
    this.#lines.push(`${this.#now().toISOString()} ${line}`);
    this.#written += 1;
    if (this.#lines.length > CAPACITY) this.#lines = this.#lines.slice(-CAPACITY / 2);
    this.#news.tell();
  }
}

function writeToStderr(line: string): void {
  try {
    writeSync(2, `${line}\n`);
  } catch {
    // The journal is not there (yet); the ring still has the line.
  }
}
