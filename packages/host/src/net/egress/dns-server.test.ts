import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { frame, onFrames } from "./dns-frames.ts";
import { type AnswerMessage, DnsServer } from "./dns-server.ts";

const ip = "127.0.0.1";

/** A port that is free for now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, ip);
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

async function listen(answer: AnswerMessage) {
  const port = await freePort();
  const server = await DnsServer.listen({ ip, port, answer });
  onTestFinished(() => server[Symbol.asyncDispose]());
  const socket = connect(port, ip);
  onTestFinished(() => void socket.destroy());
  return socket;
}

test("answers what one connection asks in its order, however it comes in pieces", async () => {
  const socket = await listen(async (guest, message) => Buffer.concat([Buffer.from(`${guest} `), message]));
  const told: string[] = [];
  onFrames(socket, (message) => told.push(String(message)));
  const bytes = Buffer.concat(["one", "two", "three"].map((word) => frame(Buffer.from(word))));
  socket.write(bytes.subarray(0, 7));
  setTimeout(() => socket.write(bytes.subarray(7)), 20);
  await expect.poll(() => told).toEqual(["one", "two", "three"].map((word) => `${ip} ${word}`));
});

test("who asks without end and never reads is not read either", async () => {
  let answered = 0;
  const socket = await listen(async () => {
    answered += 1;
    return Buffer.alloc(4000);
  });
  socket.pause();
  const asking = frame(Buffer.alloc(4000));
  // Until the kernel takes no more: what is behind it waits here, and not in the server.
  let isStuck = false;
  for (let sent = 0; sent < 20_000 && !isStuck; sent++) {
    if (!socket.write(asking))
      isStuck = await Promise.race([
        once(socket, "drain").then(() => false),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 300)),
      ]);
  }
  expect(isStuck).toBe(true);
  expect(answered).toBeGreaterThan(0);
});

test("a port that another program has is told by name, whether it has it for UDP or TCP", async () => {
  const port = await freePort();
  const listen = () => DnsServer.listen({ ip, port, answer: async () => undefined });
  const other = createServer().listen(port, ip);
  await once(other, "listening");
  const told = { code: "EGRESS_PORT_TAKEN", details: { ip, port } };
  await expect(listen()).rejects.toMatchObject(told);
  other.close();
  await once(other, "close");
  // What was half taken was let go.
  await using _one = await listen();
  await expect(listen()).rejects.toMatchObject(told);
});
