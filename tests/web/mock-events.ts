import type { ServerResponse } from "node:http";
import { BrowserVmError, Event } from "@browservm/contract";
import type { Asked } from "./mock-api.ts";

/** What happened, and the streams that tell of it as it happens. */
export class MockEvents {
  /** While not, streams break off and do not come back. */
  isOpen = true;
  readonly #events: Event[] = [];
  readonly #streams = new Map<ServerResponse, string | null>();

  /** Tells a reader of everything, or of what is about a subject, from where the reader was. */
  stream({ query, request, response }: Asked, subject: string | null): void {
    if (!this.isOpen) throw new BrowserVmError("HOST_UNREACHABLE", "there are no events now");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": open\n\n");
    const after = Number(request.headers["last-event-id"] ?? query.after ?? this.#events.length);
    for (const event of this.#events.slice(after))
      if (subject === null || event.subject === subject) response.write(sse(event));
    this.#streams.set(response, subject);
    request.on("close", () => this.#streams.delete(response));
  }

  tell(subject: string, type: string, data: Record<string, unknown> = {}): void {
    const seq = this.#events.length + 1;
    const event = Event.parse({ seq, at: new Date().toISOString(), subject, type, data });
    this.#events.push(event);
    for (const [stream, wanted] of this.#streams)
      if (wanted === null || wanted === subject) stream.write(sse(event));
  }

  close(): void {
    for (const stream of this.#streams.keys()) stream.destroy();
  }
}

const sse = (event: Event) => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`;
