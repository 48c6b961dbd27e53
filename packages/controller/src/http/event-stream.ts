import { Readable } from "node:stream";
import type { Event } from "@browservm/contract";
import { Alarm } from "../alarm.ts";
import type { EventLog } from "../events/event-log.ts";

export interface EventStreamSpec {
  /** Only this session's; undefined = all. */
  readonly subject?: string | undefined;
  /** Not what is about this. */
  readonly without?: string | undefined;
  /** Only what is about sessions and sign-ins of this project. */
  readonly project?: string | undefined;
  /** Where the reader is; undefined = now. */
  readonly after: number | undefined;
  /** Ends when the reader hangs up. */
  readonly signal: AbortSignal;
  /** Asked each `pingMs`, however much happens; the stream ends when the reader may read no more. */
  readonly isAllowed: () => Promise<boolean>;
  readonly pingMs?: number;
}

const PING_MS = 15_000;

/** Server-sent events: first what is stored, then what happens. Read from the log only, so no gap and no repeat. */
export function eventStream(events: EventLog, spec: EventStreamSpec): Readable {
  return Readable.from(frames(events, spec), { objectMode: false });
}

async function* frames(events: EventLog, spec: EventStreamSpec): AsyncGenerator<string, void, undefined> {
  const { subject, without, project, signal, isAllowed, pingMs = PING_MS } = spec;
  const latest = await events.latest();
  // A reader that is ahead of us has read another database; it goes on with ours.
  let last = Math.min(spec.after ?? latest, latest);
  const alarm = new Alarm(signal);
  const unsubscribe = events.subscribe((event) => {
    if (subject === undefined || event.subject === subject) alarm.ring();
  });
  let askedAt = Date.now();
  try {
    yield ": open\n\n";
    while (!signal.aborted) {
      const batch = await events.after(last, { subject, without, project });
      for (const event of batch) {
        last = event.seq;
        yield toFrame(event);
      }
      const leftMs = askedAt + pingMs - Date.now();
      if (leftMs > 0 && (batch.length > 0 || (await alarm.wait(leftMs)))) continue;
      if (!(await isAllowed())) return;
      askedAt = Date.now();
      yield ": ping\n\n";
    }
  } finally {
    unsubscribe();
  }
}

const toFrame = (event: Event) =>
  `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
