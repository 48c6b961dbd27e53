import type { Socket } from "node:net";

/** Longer than `OK <port>\n` ever is. */
const LONGEST_ANSWER = 32;
/** Firecracker itself gives up on a guest that does not answer after 2 s (vsock/csm, CONN_REQUEST_TIMEOUT_MS). */
const ANSWER_MS = 5000;
const ACCEPTED = /^OK \d+$/;

/**
 * Asks Firecracker's vsock for a port of the guest (docs/vsock.md, "Host-Initiated Connections") and calls `onOpen`
 * once the guest has accepted. Anything else ends the socket.
 */
export function openVsock(socket: Socket, port: number, onOpen: () => void): void {
  let answer = Buffer.alloc(0);
  const late = setTimeout(() => socket.destroy(), ANSWER_MS);
  socket.once("close", () => clearTimeout(late));
  const take = (bytes: Buffer): void => {
    answer = Buffer.concat([answer, bytes]);
    const end = answer.indexOf("\n");
    if (end === -1 && answer.length <= LONGEST_ANSWER) return;
    clearTimeout(late);
    socket.off("data", take);
    if (!ACCEPTED.test(answer.toString("latin1", 0, Math.max(0, end)))) return void socket.destroy();
    // What the guest already said comes before anything that is read from now on.
    if (answer.length > end + 1) socket.unshift(answer.subarray(end + 1));
    onOpen();
  };
  socket.on("data", take);
  socket.write(`CONNECT ${port}\n`);
}
