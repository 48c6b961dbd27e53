import { setTimeout as sleep } from "node:timers/promises";
import fastify from "fastify";
import { expect, test } from "vitest";
import { sendNdjson } from "./ndjson.ts";

test("a reader that hangs up while nothing comes ends what it read from", async () => {
  await using app = fastify({ forceCloseConnections: true });
  const hungUp = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  app.get("/", (_request, reply) => {
    reply.raw.once("close", () => hungUp.resolve());
    return sendNdjson(reply, lines());
  });
  async function* lines() {
    try {
      yield { line: 1 };
      await hungUp.promise;
      await sleep(20);
      yield { line: "what the end of the reader brings" };
    } finally {
      ended.resolve("ended");
    }
  }
  const address = await app.listen({ port: 0, host: "127.0.0.1" });
  const reading = new AbortController();
  const reply = await fetch(address, { signal: reading.signal });
  const reader = reply.body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('{"line":1}\n');
  reading.abort();
  expect(await Promise.race([ended.promise, sleep(3000)])).toBe("ended");
});
