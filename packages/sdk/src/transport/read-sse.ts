import { readLines } from "./read-lines.ts";

/** One dispatched event of a stream of server-sent events (WHATWG HTML §9.2.6). */
export interface SseMessage {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** The messages of an event stream; comments (pings) only call `onAlive`. A last message without its blank line is dropped. */
export async function* readSse(
  body: ReadableStream<Uint8Array> | null,
  onAlive: () => void = () => {},
): AsyncGenerator<SseMessage, void, undefined> {
  let id: string | undefined;
  let event = "message";
  let data: string[] = [];
  for await (const line of readLines(body)) {
    onAlive();
    if (line === "") {
      if (data.length > 0) yield { id, event, data: data.join("\n") };
      event = "message";
      data = [];
      continue;
    }
    const { field, value } = splitField(line);
    if (field === "id") id = value;
    else if (field === "event") event = value;
    else if (field === "data") data.push(value);
  }
}

function splitField(line: string): { field: string; value: string } {
  const colon = line.indexOf(":");
  if (colon < 0) return { field: line, value: "" };
  const value = line.slice(colon + 1);
  return { field: line.slice(0, colon), value: value.startsWith(" ") ? value.slice(1) : value };
}
