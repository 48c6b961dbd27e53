/** Undoes what was begun, backwards, unless `keep` was called. For `await using`. */
export class UndoStack implements AsyncDisposable {
  #undos: Array<() => unknown> = [];

  defer(undo: () => unknown): void {
    this.#undos.push(undo);
  }

  /** All went well: nothing will be undone. */
  keep(): void {
    this.#undos = [];
  }

  /** Runs every undo even if some fail; then throws what failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (const undo of this.#undos.toReversed()) {
      try {
        await undo();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#undos = [];
    if (errors.length > 0) throw new AggregateError(errors, "undoing failed");
  }
}
