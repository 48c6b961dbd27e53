import type { GuestCall, GuestNote, GuestNoteData, GuestParams, GuestResult } from "@browservm/contract";
import type { Guest } from "./guest.ts";

type Answers = { [C in GuestCall]?: (params: GuestParams<C>) => GuestResult<C> | Promise<GuestResult<C>> };

/** A guest for tests: answers by a table, and says notes when told to. */
export class FakeGuest implements Guest {
  readonly #answers: Answers;
  readonly #listeners = new Map<string, Set<(data: never) => void>>();
  readonly #resets = new Set<() => void>();
  readonly asked: string[] = [];

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  async call<C extends GuestCall>(name: C, params: GuestParams<C>): Promise<GuestResult<C>> {
    this.asked.push(name);
    const answer = this.#answers[name];
    if (!answer) throw new Error(`the fake guest has no answer to ${name}`);
    return answer(params);
  }

  onNote<N extends GuestNote>(note: N, listener: (data: GuestNoteData<N>) => void): () => void {
    const listeners = this.#listeners.get(note) ?? new Set();
    this.#listeners.set(note, listeners);
    listeners.add(listener as (data: never) => void);
    return () => void listeners.delete(listener as (data: never) => void);
  }

  onReset(listener: () => void): () => void {
    this.#resets.add(listener);
    return () => void this.#resets.delete(listener);
  }

  say<N extends GuestNote>(note: N, data: GuestNoteData<N>): void {
    for (const listener of this.#listeners.get(note) ?? [])
      (listener as (data: GuestNoteData<N>) => void)(data);
  }

  reset(): void {
    for (const listener of this.#resets) listener();
  }

  get listeners(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, this.#resets.size);
  }

  get heardAt(): number {
    return performance.now();
  }

  connected(): Promise<void> {
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
