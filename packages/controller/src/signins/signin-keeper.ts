import { pause } from "@browservm/sdk";
import type { Logger } from "pino";
import type { Store } from "../store/store.ts";
import type { SigninRunner } from "./signin-runner.ts";
import { signinStore } from "./signin-store.ts";

export interface KeeperDeps {
  readonly store: Store;
  readonly runner: SigninRunner;
  readonly log: Logger;
  /** Days for which sign-ins that are over can be looked at. */
  readonly days: number;
}

const EVERY_MS = 10_000;
const DAY_MS = 86_400_000;

/** Carries on what nobody runs, ends sessions that could not be ended, and forgets what is old. */
export class SigninKeeper implements AsyncDisposable {
  readonly #deps: KeeperDeps;
  readonly #closing = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#done = this.#keep();
  }

  /** One look. */
  async look(): Promise<void> {
    const { store, runner, log, days } = this.#deps;
    for (const { id } of await signinStore.unfinished(store)) runner.start(id);
    for (const { id } of await signinStore.uncleaned(store))
      await runner
        .cleanUp(id)
        .catch((error: unknown) =>
          log.debug({ signinId: id, err: error }, "the session of a sign-in could not be ended yet"),
        );
    const ago = (count: number) => new Date(Date.now() - count * DAY_MS).toISOString();
    await signinStore.forget(store, { secretsBefore: ago(1), rowsBefore: ago(days) });
  }

  async #keep(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.look().catch((error: unknown) =>
        this.#deps.log.error({ err: error }, "sign-ins could not be looked after"),
      );
      await pause(EVERY_MS, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }
}
