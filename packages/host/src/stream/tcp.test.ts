import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { connectTcp, tcpFailureOf } from "./tcp.ts";

test("a listening port connects", async () => {
  const server = createServer((socket) => socket.end("hi"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const socket = await connectTcp({ ip: "127.0.0.1", port, timeoutMs: 1000 });
  expect(String((await once(socket, "data"))[0])).toBe("hi");
  server.close();
});

test("a closed port is refused, which is not the same as unreachable", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  const failure = await connectTcp({ ip: "127.0.0.1", port, timeoutMs: 1000 }).catch((error) => error);
  expect(tcpFailureOf(failure)).toBe("refused");
});

test("a caller that gives up ends the attempt", async () => {
  const failure = await connectTcp({
    ip: "127.0.0.1",
    port: 9,
    timeoutMs: 1000,
    signal: AbortSignal.abort(),
  }).catch((error) => error);
  expect(tcpFailureOf(failure)).toBe("timeout");
});
