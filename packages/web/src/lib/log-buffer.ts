/** The last lines of an endless stream, never more than `limit`. A number stays with its line. */
export class LogBuffer {
  readonly #limit: number;
  #lines: readonly NumberedLine[] = [];
  #next = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds lines and gives the whole, oldest first. */
  add(lines: readonly string[]): readonly NumberedLine[] {
    const fresh = lines.slice(-this.#limit).map((text) => ({ number: this.#next++, text }));
    this.#lines = [...this.#lines, ...fresh].slice(-this.#limit);
    return this.#lines;
  }
}

export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}
