import { BrowserVmError, type ErrorCode, Event, isBrowserVmError } from "@browservm/contract";
import { pause } from "./pause.ts";
import { readSse } from "./read-sse.ts";

export interface EventStreamOptions {
  /** Only events after this sequence number; without it, what happens from now on. */
  readonly after?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called each time that the stream is open. */
  readonly onOpen?: (() => void | Promise<void>) | undefined;
  /** A stream on which nothing comes for so long, not even a ping, is opened anew. In milliseconds. */
  readonly silenceMs?: number | undefined;
  /** Errors of opening that pass by themselves. */
  readonly passing: ReadonlySet<ErrorCode>;
}

/** Opens the stream after a sequence number; ending the signal hangs up. */
export type OpenEvents = (after: number | undefined, signal: AbortSignal) => Promise<Response>;

const DEFAULT_SILENCE_MS = 45_000;
const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 5000;

/**
 * Events in the order of their numbers, each once, across lost connections. Ends when `signal` ends; throws what
 * does not pass by itself (e.g. UNAUTHENTICATED).
 */
export async function* resumableEvents(
  open: OpenEvents,
  options: EventStreamOptions,
): AsyncGenerator<Event, void, undefined> {
  let last = options.after;
  let failures = 0;
  while (!options.signal?.aborted) {
    try {
      for await (const event of oneConnection(() => last, open, options)) {
        failures = 0;
        if (last !== undefined && event.seq <= last) continue;
        last = event.seq;
        yield event;
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      if (isBrowserVmError(error) && !options.passing.has(error.code)) throw error;
    }
    failures += 1;
    await pause(Math.min(MIN_BACKOFF_MS * 2 ** Math.min(failures - 1, 8), MAX_BACKOFF_MS), options.signal);
  }
}

async function* oneConnection(
  last: () => number | undefined,
  open: OpenEvents,
  { signal, onOpen, silenceMs = DEFAULT_SILENCE_MS }: EventStreamOptions,
): AsyncGenerator<Event, void, undefined> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silenceMs);
  };
  try {
    const ends = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;
    const response = await open(last(), ends);
    await onOpen?.();
    for await (const { data } of readSse(response.body, alive)) yield parseEvent(data);
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

function parseEvent(data: string): Event {
  try {
    return Event.parse(JSON.parse(data));
  } catch (error) {
    throw new BrowserVmError("PROTOCOL_ERROR", "an event is not as the contract says", {}, { cause: error });
  }
}
