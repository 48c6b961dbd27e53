import type { GuestCall, GuestNote, GuestNoteData, GuestParams, GuestResult } from "@browservm/contract";
import type { Guest } from "./guest.ts";

export interface Waits {
  during<T>(answer: Promise<T>): Promise<T>;
}

/** The same guest, whose answers are waited for on a clock. */
export class TimedGuest implements Guest {
  readonly #guest: Guest;
  readonly #waits: Waits;

  constructor(guest: Guest, waits: Waits) {
    this.#guest = guest;
    this.#waits = waits;
  }

  call<C extends GuestCall>(
    name: C,
    params: GuestParams<C>,
    options: Parameters<Guest["call"]>[2],
  ): Promise<GuestResult<C>> {
    return this.#waits.during(this.#guest.call(name, params, options));
  }

  get heardAt(): number | undefined {
    return this.#guest.heardAt;
  }

  onNote<N extends GuestNote>(note: N, listener: (data: GuestNoteData<N>) => void): () => void {
    return this.#guest.onNote(note, listener);
  }

  onReset(listener: () => void): () => void {
    return this.#guest.onReset(listener);
  }

  connected(signal: AbortSignal): Promise<void> {
    return this.#waits.during(this.#guest.connected(signal));
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#guest[Symbol.asyncDispose]();
  }
}
