import { createReadStream } from "node:fs";
import { BrowserVmError } from "@browservm/contract";

const MAX_BYTES = 1_048_576;

/** What is in a file, or (`-`) comes on stdin: secrets are never arguments, which every user of a machine can read. */
export async function readSecret(file: string): Promise<Buffer> {
  const stream = file === "-" ? process.stdin : createReadStream(file);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > MAX_BYTES) throw unreadable(file, `it is larger than ${MAX_BYTES} bytes`);
      chunks.push(Buffer.from(chunk));
    }
  } catch (error) {
    if (error instanceof BrowserVmError) throw error;
    throw unreadable(file, error instanceof Error && "code" in error ? String(error.code) : "unknown");
  }
  return Buffer.concat(chunks);
}

/** JSON from it. What is wrong with it is told without a word of it. */
export async function readSecretJson(file: string): Promise<unknown> {
  const text = (await readSecret(file)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(file, "it is not JSON");
  }
}

const unreadable = (file: string, why: string) =>
  new BrowserVmError("BAD_REQUEST", `${file === "-" ? "stdin" : file}: ${why}`, { issues: [] });
