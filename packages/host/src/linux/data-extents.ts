import { check, isSyscallError, sys } from "./libc.ts";

const SEEK_DATA = 3; // linux/fs.h
const SEEK_HOLE = 4;

/** A part of a file. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** The parts of a sparse file that are not holes, in their order (lseek(2)). Moves the descriptor's offset. */
export function* dataExtents(fd: number): Generator<Extent> {
  let end = 0;
  for (;;) {
    const start = nextData(fd, end);
    if (start === undefined) return;
    end = check(sys.lseek(fd, start, SEEK_HOLE), "lseek", "SEEK_HOLE");
    yield { start, end };
  }
}

function nextData(fd: number, from: number): number | undefined {
  try {
    return check(sys.lseek(fd, from, SEEK_DATA), "lseek", "SEEK_DATA");
  } catch (error) {
    if (isSyscallError(error, "ENXIO")) return undefined; // there is none behind
    throw error;
  }
}
