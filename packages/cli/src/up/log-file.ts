import { closeSync, copyFileSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 65_536;
const LONGEST_LINE = 16_384;

/** Size at which a log is moved to `.1` and begun anew, in bytes. */
export const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * A service's log: the service appends to `fd` itself, so that it needs nobody to live. `readNew` gives the lines
 * that came since, and keeps the file bounded.
 */
export class LogFile implements Disposable {
  readonly path: string;
  /** Opened with O_APPEND: what is written after a cut goes to the new end. */
  readonly fd: number;
  readonly #limit: number;
  #offset: number;
  #rest = "";

  constructor(path: string, limit: number = LOG_LIMIT_BYTES) {
    this.path = path;
    this.fd = openSync(path, "a+", 0o640);
    this.#limit = limit;
    this.#offset = fstatSync(this.fd).size;
  }

  /** Whole lines that were written since the last call. */
  readNew(): string[] {
    const size = fstatSync(this.fd).size;
    // Somebody else cut it (logrotate with copytruncate): begin at its new start.
    if (size < this.#offset) this.#offset = 0;
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let text = this.#rest;
    while (this.#offset < size) {
      const bytes = readSync(this.fd, buffer, 0, CHUNK_BYTES, this.#offset);
      if (bytes === 0) break;
      text += buffer.toString("utf8", 0, bytes);
      this.#offset += bytes;
    }
    const lines = text.split("\n");
    this.#rest = (lines.pop() ?? "").slice(-LONGEST_LINE);
    if (size > this.#limit) this.#rotate();
    return lines;
  }

  #rotate(): void {
    copyFileSync(this.path, `${this.path}.1`);
    ftruncateSync(this.fd, 0);
    this.#offset = 0;
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
