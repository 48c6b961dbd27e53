import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { connect, Socket } from "node:net";

const O_PATH = 0o10000000; // asm-generic/fcntl.h: only to name a file, not to use it

/**
 * Connects to a unix socket that a guest made. A guest could put a link there that leads to a socket of this machine,
 * or another file: only a socket that belongs to `owner` is connected to, and it is the very one that was looked at.
 */
export function connectOwned(path: string, owner: number): Socket {
  let fd: number | undefined;
  try {
    fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
    const stats = fstatSync(fd);
    if (!stats.isSocket() || stats.uid !== owner) throw new Error(`${path} is not a socket of uid ${owner}`);
    // connect(2) is made at once, before this returns; the descriptor's own link cannot be replaced.
    return connect(`/proc/self/fd/${fd}`);
  } catch (error) {
    return new Socket().destroy(error as Error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
