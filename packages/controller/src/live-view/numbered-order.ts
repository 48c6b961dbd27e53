import type { NumberedInput, NumberedMove } from "@browservm/contract";

/** Copies that are ahead of what is next; those beyond come over the RFB connection all the same. */
const MAX_AHEAD = 64;

/**
 * The order of one viewer's numbered input, which comes over its RFB connection and, as copies, over data channels. Each
 * message comes out once, the lowest number first; a move only while it is the newest thing that was done.
 */
export class NumberedOrder {
  #tag: number | undefined;
  #next = 0;
  readonly #ahead = new Map<number, Uint8Array>();
  #early: NumberedMove | undefined;
  #lastOrder = -1;

  /** What the RFB connection brings is complete and in order: whatever it names is next. */
  fromConnection({ tag, number, message }: NumberedInput): Uint8Array[] {
    if (tag !== this.#tag) this.#begin(tag, number);
    if (number < this.#next) return [];
    this.#next = number;
    return this.#done(message);
  }

  /** A copy, or a move: may come late, early, often or never. */
  fromChannel(input: NumberedInput | NumberedMove): Uint8Array[] {
    if (input.tag !== this.#tag) return [];
    if (input.kind === "move") return this.#move(input);
    const { number, message } = input;
    if (number === this.#next) return this.#done(message);
    if (number > this.#next && this.#ahead.size < MAX_AHEAD) this.#ahead.set(number, message);
    return [];
  }

  #begin(tag: number, number: number): void {
    this.#tag = tag;
    this.#next = number;
    this.#ahead.clear();
    this.#early = undefined;
    this.#lastOrder = -1;
  }

  #move(move: NumberedMove): Uint8Array[] {
    if (move.order <= this.#lastOrder || move.after < this.#next) return [];
    if (move.after === this.#next) {
      this.#lastOrder = move.order;
      return [move.message];
    }
    if (move.order > (this.#early?.order ?? -1)) this.#early = move;
    return [];
  }

  #done(message: Uint8Array): Uint8Array[] {
    const out: Uint8Array[] = [];
    for (let next: Uint8Array | undefined = message; next; next = this.#ahead.get(this.#next)) {
      if (next.length > 0) out.push(next);
      this.#ahead.delete(this.#next);
      this.#next += 1;
    }
    for (const number of this.#ahead.keys()) if (number < this.#next) this.#ahead.delete(number);
    const early = this.#early;
    this.#early = undefined;
    return early ? [...out, ...this.#move(early)] : out;
  }
}
