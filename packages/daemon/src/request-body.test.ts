import { once } from "node:events";
import { createServer, request as openRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type BodyDeadline, requestBody } from "./request-body.ts";

/** How the server fared with the body: its length, or what its reading failed with. */
let fared: Promise<number | string>;
let deadline: BodyDeadline | undefined;
let server: Server;
beforeEach(async () => {
  deadline = undefined;
  const settle = Promise.withResolvers<number | string>();
  fared = settle.promise;
  server = createServer(async (request, response) => {
    using body = requestBody(request, deadline);
    let length = 0;
    try {
      for await (const chunk of body.bytes) length += chunk.length;
      settle.resolve(length);
    } catch (error) {
      settle.resolve((error as Error).message);
    }
    response.end("answered");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function begin() {
  const { port } = server.address() as AddressInfo;
  const sender = openRequest({ host: "127.0.0.1", port, method: "PUT" });
  sender.on("error", () => {}); // broken off
  return sender;
}
const soon = (ms = 100) => ({ ms, error: () => new Error("too slow") });

test("a body is read to its end, also one that has a deadline and keeps it", async () => {
  deadline = soon(5000);
  const sender = begin();
  sender.write(Buffer.alloc(300_000));
  sender.end(Buffer.alloc(300_000));
  expect(await fared).toBe(600_000);
});

test("a sender that breaks off is told to who reads", async () => {
  const sender = begin();
  await new Promise<void>((resolve) => sender.write("a", () => resolve()));
  sender.destroy();
  expect(await fared).toBe("the sender broke off");
});

test("a body that goes on beyond its deadline fails, and its sender is answered", async () => {
  deadline = soon();
  const sender = begin();
  const trickle = setInterval(() => sender.write("a"), 20);
  const [response] = await once(sender, "response");
  expect([await fared, String((await once(response, "data"))[0])]).toEqual(["too slow", "answered"]);
  clearInterval(trickle);
});

test("a body that was there in time is not late while it is read", async () => {
  deadline = soon(50);
  begin().end("all of it");
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await fared).toBe(9);
});
