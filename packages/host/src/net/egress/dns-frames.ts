import type { Socket } from "node:net";
import { MOST_MESSAGE_BYTES } from "./dns-message.ts";

const LENGTH_BYTES = 2; // RFC 1035, section 4.2.2

/** A message as TCP carries it. */
export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Tells each message that a socket carries; one that is longer than `most` ends the connection. */
export function onFrames(socket: Socket, tell: (message: Buffer) => void, most = MOST_MESSAGE_BYTES): void {
  let rest = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= LENGTH_BYTES) {
      const length = rest.readUInt16BE();
      if (length > most) return void socket.destroy();
      if (rest.length < LENGTH_BYTES + length) return;
      const message = rest.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
      rest = rest.subarray(LENGTH_BYTES + length);
      tell(message);
    }
  });
}
