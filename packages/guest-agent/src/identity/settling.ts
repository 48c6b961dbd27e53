import { setTimeout as sleep } from "node:timers/promises";
import type { AgentLog } from "../agent-log.ts";

export interface SettlingParts {
  readonly log: AgentLog;
  /** True after a new identity was taken. */
  readonly isUnsettled: boolean;
  /** Whether there is something that a person waits for. */
  isBusy(): boolean;
  /** Who is told, by name; a failure is told to the log. */
  readonly tell: Readonly<Record<string, () => Promise<void>>>;
}

const LOOK_MS = 100;
const PATIENCE_MS = 10_000;

/** Tells programs of the guest of its new identity, after the first picture: none changes what is so already. */
export class Settling {
  readonly #parts: SettlingParts;
  #isUnsettled: boolean;
  #isUnderWay = false;

  constructor(parts: SettlingParts) {
    this.#parts = parts;
    this.#isUnsettled = parts.isUnsettled;
  }

  /** Whether somebody is still to be told. An agent that leaves before that leaves it to the next one. */
  get isUnsettled(): boolean {
    return this.#isUnsettled;
  }

  /** At every hello; of an identity everybody is told once, and who did not hear it again at the next hello. */
  async settleWhenIdle(): Promise<void> {
    if (!this.#isUnsettled || this.#isUnderWay) return;
    this.#isUnderWay = true;
    const { isBusy } = this.#parts;
    const end = performance.now() + PATIENCE_MS;
    while (isBusy() && performance.now() < end) await sleep(LOOK_MS);
    this.#isUnsettled = !(await this.#tellAll());
    this.#isUnderWay = false;
  }

  /** True: all have heard it. */
  async #tellAll(): Promise<boolean> {
    const { log, tell } = this.#parts;
    let isHeard = true;
    for (const [name, hears] of Object.entries(tell)) {
      await hears().catch((error: Error) => {
        log.warn(`${name}: ${error.message}`);
        isHeard = false;
      });
    }
    return isHeard;
  }
}
