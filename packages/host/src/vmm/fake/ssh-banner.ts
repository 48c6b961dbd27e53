import { createServer, type Server } from "node:net";

/** A server, not yet listening, that says the first line of SSH (RFC 4253 §4.2) and hangs up. */
export const makeSshBanner = (): Server =>
  createServer((socket) => {
    socket.on("error", () => {}); // the client went away first
    socket.end("SSH-2.0-fake\r\n");
  });
