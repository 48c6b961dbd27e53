import { read, write } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { BrowserVmError, type Progress } from "@browservm/contract";
import { dataExtents } from "../../linux/data-extents.ts";
import { closeFd } from "../../linux/libc.ts";
import { createMemfd, pathOfFd, sealMemfd } from "../../linux/memfd.ts";
import { memoryFileOf } from "./memory.ts";

const CHUNK_BYTES = 1024 * 1024;
const readInto = promisify(read);
const writeFrom = promisify(write);

interface Kept {
  /** Which very file was copied: a snapshot that is made anew in the same place is another one. */
  readonly of: string;
  readonly fd: Promise<number>;
}

/**
 * Sealed copies of golden memory, in this process's keeping: for QEMU before 8.2, which opens a guest's memory file for
 * writing and keeps it open. Nothing can write a sealed copy, and all VMs share its pages; those that run keep it when
 * we let go of it or end.
 */
export class GoldenMemories {
  readonly #kept = new Map<string, Kept>();

  /** A path at which a VMM can open the memory of the snapshot in `directory`; the first call copies it. */
  async pathFor(progress: Progress, directory: string): Promise<string> {
    await using file = await open(memoryFileOf(directory), "r");
    const { dev, ino, size, mtimeMs } = await file.stat();
    const of = `${dev} ${ino} ${size} ${mtimeMs}`;
    let kept = this.#kept.get(directory);
    if (kept?.of !== of) {
      this.forget(directory);
      progress.step("load the snapshot's memory");
      kept = { of, fd: copySealed(file, size) };
      this.#kept.set(directory, kept);
      // What failed is tried again by the next.
      kept.fd.catch(() => this.#kept.delete(directory));
    }
    return pathOfFd(await kept.fd);
  }

  /** Lets go of the copy; its pages are free when the last VM that has them ends. */
  forget(directory: string): void {
    const kept = this.#kept.get(directory);
    this.#kept.delete(directory);
    kept?.fd.then(closeFd, () => {}); // a copy that failed is closed already
  }
}

async function copySealed(file: FileHandle, bytes: number): Promise<number> {
  const memfd = createMemfd("browservm-golden", bytes);
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (const { start, end } of dataExtents(file.fd))
      for (let at = start; at < end; at += CHUNK_BYTES) await copyChunk(file.fd, memfd, chunk, at, end);
    sealMemfd(memfd);
    return memfd;
  } catch (cause) {
    closeFd(memfd);
    throw explained(cause);
  }
}

async function copyChunk(from: number, to: number, chunk: Buffer, at: number, end: number): Promise<void> {
  const { bytesRead } = await readInto(from, chunk, 0, Math.min(CHUNK_BYTES, end - at), at);
  // Zeros are holes in the copy: they would take room for nothing.
  if (bytesRead > 0 && !isZero(chunk.subarray(0, bytesRead))) await writeFrom(to, chunk, 0, bytesRead, at);
}

const ZEROS = Buffer.alloc(CHUNK_BYTES);
const isZero = (bytes: Buffer): boolean => bytes.equals(ZEROS.subarray(0, bytes.length));

function explained(cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (code !== "ENOMEM" && code !== "ENOSPC") return cause;
  return new BrowserVmError("HOST_OUT_OF_MEMORY", "no room for a golden snapshot's memory", {}, { cause });
}
