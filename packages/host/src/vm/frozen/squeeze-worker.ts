import { closeSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { constants as zlib, zstdCompressSync } from "node:zlib";

export interface SqueezeOrder {
  readonly from: string;
  readonly to: string;
}
export interface SqueezeAnswer {
  readonly bytes: number;
}

/** Each piece is a frame of its own; a file of frames is a valid file (RFC 8878 §3). */
const PIECE_BYTES = 4 * 1024 * 1024;
const PARAMS = { [zlib.ZSTD_c_compressionLevel]: 1, [zlib.ZSTD_c_checksumFlag]: 1 };

const { from, to }: SqueezeOrder = workerData;
// Linux has a priority for each thread, and 0 is the one that asks (setpriority(2)).
setPriority(0, constants.priority.PRIORITY_LOW);
parentPort?.postMessage({ bytes: squeeze() } satisfies SqueezeAnswer);

function squeeze(): number {
  const source = openSync(from, "r");
  const target = openSync(to, "w", 0o600);
  const piece = Buffer.allocUnsafe(PIECE_BYTES);
  let bytes = 0;
  try {
    while (true) {
      const read = readSync(source, piece, 0, PIECE_BYTES, null);
      if (read === 0) break;
      bytes += writeAll(target, zstdCompressSync(piece.subarray(0, read), { params: PARAMS }));
    }
    fsyncSync(target);
    return bytes;
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

function writeAll(target: number, bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; ) at += writeSync(target, bytes, at);
  return bytes.length;
}
