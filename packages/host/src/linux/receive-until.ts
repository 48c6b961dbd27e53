import { setTimeout as sleep } from "node:timers/promises";
import { check, sys, wouldBlock } from "./libc.ts";

const FIRST_PAUSE_MS = 0.5;
const LONGEST_PAUSE_MS = 8;

/**
 * Looks again and again, after a pause that grows from 0.5 to 8 ms, until `look` answers true or `waitMs` are over:
 * Node cannot wait for raw sockets itself.
 */
export async function lookUntil(waitMs: number, look: () => boolean): Promise<boolean> {
  const deadline = performance.now() + waitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    if (look()) return true;
    const left = deadline - performance.now();
    if (left <= 0) return false;
    await sleep(Math.min(pause, left));
  }
}

/** Hands every datagram of a non-blocking socket to `take` until that answers true or `waitMs` are over. */
export async function receiveUntil(
  fd: number,
  waitMs: number,
  take: (datagram: Buffer) => boolean,
): Promise<boolean> {
  const buffer = Buffer.allocUnsafe(65_536);
  return lookUntil(waitMs, () => {
    for (let length = receive(fd, buffer); length >= 0; length = receive(fd, buffer)) {
      if (take(buffer.subarray(0, length))) return true;
    }
    return false;
  });
}

/** Bytes received from a non-blocking socket, or -1 when nothing waits. */
export function receive(fd: number, buffer: Buffer): number {
  const length = sys.recv(fd, buffer, buffer.length, 0);
  return length < 0 && wouldBlock() ? -1 : check(length, "recv");
}
