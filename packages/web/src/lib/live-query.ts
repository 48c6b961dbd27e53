import { type BrowserVmError, toBrowserVmError } from "@browservm/contract";
import { backoffMs, pause } from "./backoff.ts";

export interface LiveSnapshot<T> {
  /** What was seen last; stays when a later look fails. */
  readonly data: T | null;
  readonly error: BrowserVmError | null;
  /** Whether events wake us, or only the clock. */
  readonly source: "events" | "polling";
}

export interface LiveSource<T> {
  load(signal: AbortSignal): Promise<T>;
  /** Anything that arrives means: look again. Ends or throws when the connection is lost. */
  events(signal: AbortSignal): AsyncIterable<unknown>;
  /** The longest time between two looks, in milliseconds, also while events arrive. */
  pollMs(data: T | null): number;
}

const MIN_GAP_MS = 150;
const POLL_WITHOUT_EVENTS_MS = 2000;
/** A stream that lived this long without an event is open: nothing happened yet. */
const TRUST_MS = 1500;

/**
 * A value on the server, kept fresh: events say when to look, a GET says what is there.
 * There is one truth (the GET), so a lost, doubled or unknown event can never show something wrong.
 */
export class LiveQuery<T> {
  readonly #source: LiveSource<T>;
  readonly #listeners = new Set<() => void>();
  #snapshot: LiveSnapshot<T> = { data: null, error: null, source: "polling" };
  #wake: () => void = () => {};
  #isWoken = false;

  constructor(source: LiveSource<T>) {
    this.#source = source;
  }

  readonly snapshot = (): LiveSnapshot<T> => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Looks again as soon as the look under way is over. */
  readonly refresh = (): void => {
    this.#isWoken = true;
    this.#wake();
  };

  /** Runs until the returned function is called. */
  start(): () => void {
    const ended = new AbortController();
    void this.#look(ended.signal);
    void this.#listen(ended.signal);
    return () => ended.abort();
  }

  async #look(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isWoken = false;
      try {
        const data = await this.#source.load(signal);
        if (!signal.aborted) this.#set({ data, error: null });
      } catch (error) {
        if (!signal.aborted) this.#set({ error: toBrowserVmError(error) });
      }
      await pause(MIN_GAP_MS, signal);
      await this.#idle(signal);
    }
  }

  async #idle(signal: AbortSignal): Promise<void> {
    if (this.#isWoken) return;
    const { data, source, error } = this.#snapshot;
    const longest = this.#source.pollMs(data);
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    const ms = source === "events" && error === null ? longest : Math.min(longest, POLL_WITHOUT_EVENTS_MS);
    await pause(ms, AbortSignal.any([signal, woken.signal]));
    this.#wake = () => {};
  }

  async #listen(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const trust = setTimeout(() => this.#set({ source: "events" }), TRUST_MS);
      try {
        for await (const _ of this.#source.events(signal)) {
          attempt = 1;
          if (signal.aborted) return;
          this.#set({ source: "events" });
          this.refresh();
        }
      } catch {
        // the poll goes on, and its own error is the one that is shown
      } finally {
        clearTimeout(trust);
      }
      if (signal.aborted) return;
      this.#set({ source: "polling" });
      await pause(backoffMs(attempt), signal);
    }
  }

  #set(change: Partial<LiveSnapshot<T>>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
