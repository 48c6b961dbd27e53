import type { Socket } from "node:net";

/** After one side has ended, the other may be silent for so long. */
const HALF_CLOSED_MS = 120_000;
/** Whether a silent peer is still there is asked so often. */
const KEEP_ALIVE_MS = 60_000;

/** Joins two streams: what one says the other hears, no faster than it can; an end of one direction is no end of both. */
export function splice(one: Socket, other: Socket, halfClosedMs = HALF_CLOSED_MS): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.setKeepAlive(true, KEEP_ALIVE_MS);
    from.on("error", () => from.destroy());
    from.once("end", () => {
      for (const half of [from, to]) half.setTimeout(halfClosedMs, () => half.destroy());
    });
    from.once("close", () => cut(from, to));
    from.pipe(to);
  }
}

/** A stream that ended well has ended the other by itself; one that broke off breaks the other off, too. */
function cut(closed: Socket, other: Socket): void {
  if (closed.readableEnded && closed.writableFinished) return;
  if (!other.destroyed) reset(other);
}

/** TLS has no reset of its own. */
export function reset(socket: Socket): void {
  if (socket.connecting || "encrypted" in socket) socket.destroy();
  else socket.resetAndDestroy();
}
