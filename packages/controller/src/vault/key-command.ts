import { runForSecret } from "../process/run-for-secret.ts";
import type { KeySource } from "./key-source.ts";

const COMMAND_MS = 15_000;

/** What a program prints, e.g. one that asks a KMS. Run when the vault is opened, and when its key is rotated. */
export class KeyCommand implements KeySource {
  readonly kind = "command";
  readonly #command: readonly string[];
  readonly #timeoutMs: number;

  constructor(command: readonly string[], timeoutScale = 1) {
    this.#command = command;
    this.#timeoutMs = COMMAND_MS * timeoutScale;
  }

  read(): Promise<Buffer> {
    return runForSecret(this.#command, this.#timeoutMs);
  }
}
