/** A port that was plugged in may need this long until the VM's side is there. In milliseconds. */
const SETTLES_MS = 4000;

/** Tells which names have only just appeared. Those of the first look were there before. */
export class Newcomers {
  #since: ReadonlyMap<string, number> | null = null;

  observe(names: readonly string[], nowMs: number): ReadonlySet<string> {
    const before = this.#since;
    const since = new Map(
      names.map((name) => [name, before === null ? Number.NEGATIVE_INFINITY : (before.get(name) ?? nowMs)]),
    );
    this.#since = since;
    return new Set(names.filter((name) => nowMs - (since.get(name) ?? 0) < SETTLES_MS));
  }
}
