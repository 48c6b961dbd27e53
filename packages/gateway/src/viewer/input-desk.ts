import { placeOf, readNumbered, VIEWER_INPUT } from "@browservm/contract";
import { ByteBudget } from "../guest/byte-budget.ts";

export interface InputDeskSpec {
  /** May have the control; whether it has it now, the controller decides for each message. */
  readonly canControl: boolean;
  /** To the controller. */
  readonly send: (message: Buffer) => void;
  readonly refused: (code: string, why: string) => void;
  /** Of the picture; undefined while that is not known. */
  readonly size: () => { width: number; height: number } | undefined;
}

/** A code, and words for people. */
type Problem = readonly [string, string];

/** In messages. Nobody moves, clicks and types as fast; what is more is left out, for it comes by the other way too. */
const BUDGET = { burst: 300, perSecond: 300 };
/** Between two words about what was refused, in milliseconds. */
const TELL_MS = 1000;

/** One viewer's input over data channels, on its way to the controller: whole, known, inside of the screen, and not too fast. */
export class InputDesk {
  readonly #spec: InputDeskSpec;
  readonly #budget = new ByteBudget(BUDGET, performance.now());
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(spec: InputDeskSpec) {
    this.#spec = spec;
  }

  take(bytes: Buffer): void {
    const now = performance.now();
    const problem = this.#problem(bytes, now);
    if (problem) this.#refuse(problem, now);
    else this.#spec.send(Buffer.concat([Buffer.from([VIEWER_INPUT]), bytes]));
  }

  #problem(bytes: Buffer, now: number): Problem | undefined {
    if (!this.#budget.tryTake(1, now)) return ["TOO_MUCH_INPUT", "input comes too fast"];
    if (!this.#spec.canControl) return ["CONTROL_REFUSED", "this viewer may only look"];
    const input = readNumbered(bytes);
    // A step is for the other way only: it says that nothing of that way was overtaken.
    if (!input || input.message.length === 0) return ["BAD_REQUEST", "this is no numbered input"];
    return this.#isOutside(input.message)
      ? ["BAD_REQUEST", "the pointer is outside of the screen"]
      : undefined;
  }

  #isOutside(message: Uint8Array): boolean {
    const place = placeOf(message);
    const size = this.#spec.size();
    return place !== undefined && size !== undefined && (place.x >= size.width || place.y >= size.height);
  }

  #refuse([code, why]: Problem, now: number): void {
    if (now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    this.#spec.refused(code, why);
  }
}
