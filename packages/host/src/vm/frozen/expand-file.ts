import { createReadStream } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdDecompress } from "node:zlib";
import { diskFull } from "../../files/disk-full.ts";
import { compressedName, damaged } from "./frozen-files.ts";
import type { FrozenFile, FrozenManifest } from "./frozen-manifest.ts";

const CHUNK_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(CHUNK_BYTES);

/**
 * Puts every compressed file of `from` into `to` as the driver wrote it, beside those that were left as they are. Both
 * may be one directory: the compressed ones stay, and still count. SNAPSHOT_DAMAGED, DISK_FULL; then nothing is added.
 */
export async function expandFiles(
  { files }: FrozenManifest,
  { from, to, signal }: { readonly from: string; readonly to: string; readonly signal: AbortSignal },
): Promise<void> {
  const made: string[] = [];
  try {
    for (const file of files.filter(({ compressed }) => compressed !== undefined)) {
      const target = join(to, file.name);
      made.push(target);
      await expandOne(join(from, compressedName(file.name)), { target, file, signal });
    }
  } catch (error) {
    for (const path of made) await rm(path, { force: true });
    throw error;
  }
}

interface Expansion {
  readonly target: string;
  readonly file: FrozenFile;
  readonly signal: AbortSignal;
}

async function expandOne(source: string, { target, file, signal }: Expansion): Promise<void> {
  const into = new SparseFile(target);
  try {
    await pipeline(
      createReadStream(source, { highWaterMark: CHUNK_BYTES }),
      createZstdDecompress({ chunkSize: CHUNK_BYTES }),
      into,
      { signal },
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof Error && "code" in error && String(error.code).startsWith("ZSTD_"))
      throw damaged(source, "cannot be decompressed", error);
    throw diskFull(error, target);
  }
  if (into.size !== file.size) throw damaged(source, `expands to ${into.size} bytes instead of ${file.size}`);
}

/** Writes a file and leaves out what is zero, so that it takes no more room than what it was made of. */
class SparseFile extends Writable {
  readonly #path: string;
  #file: FileHandle | undefined;
  size = 0;

  constructor(path: string) {
    super({ highWaterMark: 4 * CHUNK_BYTES });
    this.#path = path;
  }

  override _construct(done: (error?: Error | null) => void): void {
    open(this.#path, "w", 0o600).then((file) => {
      this.#file = file;
      done();
    }, done);
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    const at = this.size;
    this.size += chunk.length;
    const writing = isZero(chunk) ? Promise.resolve() : this.#writeAll(chunk, at);
    writing.then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#opened.truncate(this.size).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const closing = this.#file?.close() ?? Promise.resolve();
    closing.then(() => done(error), done);
  }

  async #writeAll(chunk: Buffer, position: number): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const { bytesWritten } = await this.#opened.write(chunk, at, chunk.length - at, position + at);
      at += bytesWritten;
    }
  }

  get #opened(): FileHandle {
    if (!this.#file) throw new Error(`${this.#path} is not open`);
    return this.#file;
  }
}

const isZero = (chunk: Buffer): boolean =>
  chunk.length <= ZEROS.length ? chunk.equals(ZEROS.subarray(0, chunk.length)) : false;
