import type { Duplex } from "node:stream";
import { STREAM_UPGRADE } from "@browservm/contract";

const VERSION = "RFB 003.008\n";
/** A picture of stripes in two colours: no display on which nothing is drawn looks so. */
const SIDE = 8;
const COLOURS = [Buffer.from([200, 60, 60, 0]), Buffer.from([60, 60, 200, 0])] as const;

/**
 * All that an RFB 3.8 server (RFC 6143) has to say until one raw picture is there. It is always the same and depends on
 * nothing that the client says, so nobody listens to that.
 */
function conversation(): Buffer {
  const init = Buffer.alloc(24);
  init.writeUInt16BE(SIDE, 0);
  init.writeUInt16BE(SIDE, 2);
  const update = Buffer.alloc(16);
  update.writeUInt16BE(1, 2);
  update.writeUInt16BE(SIDE, 8);
  update.writeUInt16BE(SIDE, 10);
  const pixels = Array.from({ length: SIDE * SIDE }, (_, at) => COLOURS[at % 3 === 0 ? 0 : 1]);
  const noPassword = Buffer.from([1, 1, 0, 0, 0, 0]);
  return Buffer.concat([Buffer.from(VERSION), noPassword, init, update, ...pixels]);
}

/** A display whose picture is asked for once, as the gate does, on an HTTP connection that was upgraded. */
export function showStillPicture(socket: Duplex): void {
  socket.on("error", () => {}); // the client went away first
  socket.resume();
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${STREAM_UPGRADE}\r\n\r\n`,
  );
  socket.write(conversation());
}
