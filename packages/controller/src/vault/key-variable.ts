import type { KeySource } from "./key-source.ts";
import type { Secret } from "./secret.ts";

/** A variable of the environment that was taken out of it at the start. */
export class KeyVariable implements KeySource {
  readonly kind = "env";
  readonly #value: Secret | undefined;

  constructor(value: Secret | undefined) {
    this.#value = value;
  }

  async read(): Promise<Buffer | undefined> {
    return this.#value?.use((bytes) => Buffer.from(bytes));
  }
}
