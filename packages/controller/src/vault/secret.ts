import { inspect } from "node:util";

const SHOWN = "[secret]";

/** Bytes that nobody may print: JSON, `inspect` and templates show a mark instead. Dispose to overwrite them. */
export class Secret implements Disposable {
  readonly #bytes: Buffer;

  /** Takes the bytes over: disposing overwrites them. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Lends the bytes; what is made of them is the borrower's to overwrite. */
  use<T>(work: (bytes: Buffer) => T): T {
    return work(this.#bytes);
  }

  toJSON(): string {
    return SHOWN;
  }

  toString(): string {
    return SHOWN;
  }

  [Symbol.toPrimitive](): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }

  [Symbol.dispose](): void {
    this.#bytes.fill(0);
  }
}
