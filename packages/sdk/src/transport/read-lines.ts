import { BrowserVmError } from "@browservm/contract";

type Bytes = ReadableStream<Uint8Array>;

/** Lines longer than this are a fault of the sender, in characters. */
const MAX_LINE_CHARS = 8 * 1024 * 1024;

/** The lines of a byte stream, without their ends. Leaving the loop early cancels the stream. */
export async function* readLines(body: Bytes | null): AsyncGenerator<string, void, undefined> {
  if (body === null) return;
  // A reader, because Safari's streams are not async iterable.
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split(/\r\n|\n/);
      rest = lines.pop() ?? "";
      yield* lines;
      if (rest.length > MAX_LINE_CHARS)
        throw new BrowserVmError("PROTOCOL_ERROR", "a line of the reply never ends");
      if (done) break;
    }
    if (rest !== "") yield rest;
  } finally {
    // The stream may be broken already; what matters is that nobody reads on.
    await reader.cancel().catch(() => {});
  }
}
