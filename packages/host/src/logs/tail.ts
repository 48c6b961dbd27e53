import { type FileHandle, open } from "node:fs/promises";
import { sanitizeLine } from "@browservm/contract";
import { previousOf } from "./previous.ts";

const CHUNK_BYTES = 65_536;
/** No tail reads more than this, however long the lines are. */
const MAX_BYTES = 4 * 1024 * 1024;
const NEWLINE = 10;

/** The last lines of a log, oldest first, without terminal escapes; none when there is no such file. */
export async function tail(path: string, lines: number): Promise<string[]> {
  const newest = await readTail(path, lines);
  if (newest.length >= lines) return newest.slice(-lines);
  const older = await readTail(previousOf(path), lines);
  return [...older, ...newest].slice(-lines);
}

/** Bytes of a guest as lines that are safe to show. Progress bars rewrite their line with CR: the last state stays. */
export function toLines(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes).replaceAll("\0", "");
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => {
    const shown = line.replace(/\r+$/, "");
    return sanitizeLine(shown.slice(shown.lastIndexOf("\r") + 1));
  });
}

async function readTail(path: string, lines: number): Promise<string[]> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  await using log = file;
  const { size } = await log.stat();
  return toLines(await readBackwards(log, size, lines));
}

/** Stops at enough newlines, at the log's hole (only zeros), or at MAX_BYTES. */
async function readBackwards(file: FileHandle, size: number, lines: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let newlines = 0;
  let end = size;
  while (end > 0 && newlines <= lines && size - end < MAX_BYTES) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const chunk = buffer.subarray(0, bytesRead);
    if (chunk.every((byte) => byte === 0)) break;
    newlines += chunk.reduce((count, byte) => count + (byte === NEWLINE ? 1 : 0), 0);
    chunks.unshift(chunk);
    end = start;
  }
  return Buffer.concat(chunks);
}
