import type { Readable } from "node:stream";
import { FILE_FAULT_CODES, type FileAnswer } from "../files/home/file-orders.ts";

const MAX_ANSWER_BYTES = 4096;

/** The first line of what a file worker says; what comes after it stays in the stream. Fails when there is none. */
export async function readAnswer(output: Readable): Promise<FileAnswer> {
  let head = Buffer.alloc(0);
  while (!head.includes(0x0a)) {
    const more = await nextChunk(output);
    if (!more || head.length + more.length > MAX_ANSWER_BYTES + output.readableHighWaterMark)
      throw new Error("the file worker said nothing of use");
    head = Buffer.concat([head, more]);
  }
  const end = head.indexOf(0x0a);
  if (end > MAX_ANSWER_BYTES) throw new Error("the file worker said too much");
  const rest = head.subarray(end + 1);
  if (rest.length > 0) output.unshift(rest);
  return parseAnswer(head.subarray(0, end).toString());
}

/** Undefined at the end. */
async function nextChunk(output: Readable): Promise<Buffer | undefined> {
  while (!output.readableEnded && !output.destroyed) {
    const chunk = output.read() as Buffer | null;
    if (chunk) return chunk;
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const event of EVENTS) output.off(event, done);
        resolve();
      };
      for (const event of EVENTS) output.on(event, done);
    });
  }
  return undefined;
}

const EVENTS = ["readable", "end", "close", "error"] as const;

/** A process of the browser's user may have written it: it is taken for what it is, or not at all. */
function parseAnswer(line: string): FileAnswer {
  const said = JSON.parse(line) as Partial<Record<string, unknown>>;
  if (said.ok === true && Number.isSafeInteger(said.size) && Number(said.size) >= 0)
    return { ok: true, size: Number(said.size) };
  if (said.ok === false) {
    const code = FILE_FAULT_CODES.find((known) => known === said.code) ?? "INTERNAL";
    return { ok: false, code, error: String(said.error).slice(0, 300) };
  }
  throw new Error("the file worker said something else");
}
