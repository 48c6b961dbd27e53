import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cutOffSlowSenders } from "./slow-senders.ts";

const LIMITS = { bodyMs: 100, pauseMs: 150 };
let app: FastifyInstance;
let port = 0;
let bytes = 0;

beforeEach(async () => {
  bytes = 0;
  app = fastify({ forceCloseConnections: true });
  cutOffSlowSenders(app, LIMITS);
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.put("/", async ({ raw }) => {
    for await (const chunk of raw) bytes += chunk.length;
    return {};
  });
  app.put("/refused", async (_request, reply) => reply.status(401).send({}));
  await app.listen({ port: 0, host: "127.0.0.1" });
  port = (app.server.address() as AddressInfo).port;
});
afterEach(() => app.close());

function begin(type: string, { path = "/", length = 10 } = {}): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}); // cut off
  socket.write(
    `PUT ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\na`,
  );
  return socket;
}

test.each(["application/x-document", "application/octet-stream"])(
  "a body of %s that stops is cut off",
  async (type) => {
    const socket = begin(type);
    await once(socket.resume(), "close");
    expect(bytes).toBe(1);
  },
);

test("a file that was refused is cut off, although it goes on", async () => {
  const socket = begin("application/octet-stream", { path: "/refused", length: 1000 });
  const trickle = setInterval(() => socket.write("b"), 20);
  await once(socket.resume(), "close").finally(() => clearInterval(trickle));
  expect(socket.bytesRead).toBeGreaterThan(0);
});

test("a file that goes on takes as long as it takes", async () => {
  const socket = begin("application/octet-stream");
  for (let more = 0; more < 9; more += 1) {
    await new Promise((resolve) => setTimeout(resolve, 60));
    socket.write("b");
  }
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1.1 200/);
  expect(bytes).toBe(10);
  socket.destroy();
});
