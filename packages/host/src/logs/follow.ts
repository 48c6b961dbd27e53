import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { toLines } from "./tail.ts";

const POLL_MS = 250;
const CHUNK_BYTES = 65_536;
/** A line that does not end is shown in pieces of this size. */
const MAX_LINE_BYTES = 16_384;
const NEWLINE = 10;

/** The lines that are written from now on, until `signal` ends; survives a cut of the log and a file that comes later. */
export async function* follow(path: string, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  let position = await sizeOf(path);
  let rest: Uint8Array = new Uint8Array();
  while (!signal.aborted) {
    const size = await sizeOf(path);
    if (size < position) {
      // Cut: what is there now begins after the hole, and nothing of it was seen yet.
      position = await firstByteAfterHole(path, size);
      rest = new Uint8Array();
    }
    if (size > position) {
      const bytes = await readAt(path, position, Math.min(size - position, CHUNK_BYTES));
      position += bytes.length;
      const { whole, remaining } = splitLines(Buffer.concat([rest, bytes]));
      rest = remaining;
      yield* toLines(whole);
    } else {
      // Ends early, without an error, when the reader is gone.
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
  }
}

function splitLines(bytes: Uint8Array): { whole: Uint8Array; remaining: Uint8Array } {
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  const cut = end === 0 && bytes.length > MAX_LINE_BYTES ? bytes.length : end;
  return { whole: bytes.subarray(0, cut), remaining: bytes.subarray(cut) };
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0, // not there yet, or gone
  );
}

async function firstByteAfterHole(path: string, size: number): Promise<number> {
  let start = size;
  while (start > 0) {
    const from = Math.max(0, start - CHUNK_BYTES);
    const bytes = await readAt(path, from, start - from);
    const lastZero = bytes.lastIndexOf(0);
    if (lastZero !== -1) return from + lastZero + 1;
    start = from;
  }
  return 0;
}

async function readAt(path: string, position: number, length: number): Promise<Uint8Array> {
  await using file = await open(path, "r");
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
