import type { Event } from "@browservm/contract";
import type { FastifyReply } from "fastify";
import type { EventLog } from "../events/event-log.ts";

const PING_MS = 15_000;
const BATCH = 500;
/** A reader that lags this far behind is cut off; it resumes by its last sequence number. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

/** Server-sent events after `after`: first what is stored, then what happens; no gap, no repeat. */
export function sendEvents(reply: FastifyReply, events: EventLog, after: number): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    connection: "keep-alive",
  });
  raw.flushHeaders();
  let last = after;
  const send = (event: Event) => {
    if (event.seq <= last) return;
    last = event.seq;
    raw.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    if (raw.writableLength > MAX_BACKLOG_BYTES) raw.destroy();
  };
  // Reading and subscribing happen in one turn of the event loop, so nothing can fall between.
  for (let batch = events.after(last, BATCH); batch.length > 0; batch = events.after(last, BATCH))
    batch.forEach(send);
  const unsubscribe = events.subscribe(send);
  const ping = setInterval(() => raw.write(": ping\n\n"), PING_MS);
  raw.once("close", () => {
    clearInterval(ping);
    unsubscribe();
  });
}
