import { createHash } from "node:crypto";
import { BrowserVmError, CHANNEL_LIMITS } from "@browservm/contract";
import type { Guest } from "./guest.ts";

export interface GuestFile {
  /** Absolute path in the guest. */
  readonly path: string;
  readonly mode: number;
  readonly owner: "browser" | "root";
  readonly content: Uint8Array;
}

interface TransferOptions {
  /** Deadline of each chunk, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Writes a file in the guest; it gets its name only when its sha256 is right. GUEST_CALL_FAILED names why not. */
export async function putFile(guest: Guest, file: GuestFile, options: TransferOptions): Promise<void> {
  const { path, mode, owner, content } = file;
  const sha256 = createHash("sha256").update(content).digest("hex");
  const step = CHANNEL_LIMITS.chunkBytes;
  for (let offset = 0; offset === 0 || offset < content.length; offset += step) {
    const data = Buffer.from(content.subarray(offset, offset + step)).toString("base64");
    const isLast = offset + step >= content.length;
    const done = isLast ? { done: { mode, sha256, owner } } : {};
    await guest.call("files.put", { path, offset, data, ...done }, options);
  }
}

/** Reads a file of the guest, at most `maxBytes` of it; a longer one fails as GUEST_CALL_FAILED. */
export async function getFile(
  guest: Guest,
  path: string,
  options: TransferOptions & { readonly maxBytes: number },
): Promise<Uint8Array> {
  const { maxBytes, ...call } = options;
  const chunks: Buffer[] = [];
  let size = 0;
  while (true) {
    const params = { path, offset: size, length: CHANNEL_LIMITS.chunkBytes };
    const { data, eof } = await guest.call("files.get", params, call);
    const chunk = Buffer.from(data, "base64");
    size += chunk.length;
    if (size > maxBytes)
      throw new BrowserVmError("GUEST_CALL_FAILED", "the file is larger than was allowed", {
        path,
        maxBytes,
      });
    chunks.push(chunk);
    if (eof) return Buffer.concat(chunks);
    if (chunk.length === 0)
      throw new BrowserVmError("AGENT_PROTOCOL", "the agent sent an empty chunk before the end", { path });
  }
}
