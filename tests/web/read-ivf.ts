import { readFileSync } from "node:fs";

const FILE_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 12;

/** The pictures of an IVF file, in their order. The first one is a key frame. */
export function readIvf(path: string): Buffer[] {
  const file = readFileSync(path);
  const frames: Buffer[] = [];
  for (let at = FILE_HEADER_BYTES; at + FRAME_HEADER_BYTES <= file.length; ) {
    const length = file.readUInt32LE(at);
    frames.push(file.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + length));
    at += FRAME_HEADER_BYTES + length;
  }
  return frames;
}
