import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

/** SHA-256 of a file's content, in hex. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const source = createReadStream(path, { highWaterMark: 1024 * 1024 });
  await pipeline(source, hash, signal ? { signal } : {});
  return hash.digest("hex");
}
