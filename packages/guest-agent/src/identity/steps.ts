/** What was done and how long it took, side by side or one after the other. */
export class Steps {
  readonly #done: Array<{ step: string; ms: number }> = [];

  get done(): ReadonlyArray<{ step: string; ms: number }> {
    return this.#done;
  }

  /** Does one step, and notes its time when it is done. Its failure says which step it was. */
  async run<T>(step: string, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await work();
    } catch (error) {
      throw new Error(`${step}: ${error instanceof Error ? error.message : error}`, { cause: error });
    } finally {
      this.#done.push({ step, ms: Math.round(performance.now() - begun) });
    }
  }
}
