import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { apiRoutes } from "@browservm/contract";
import fastify from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestController } from "../testing/test-controller.ts";
import { type Guard, RowServer } from "./serve.ts";

let t: TestController;
beforeEach(async () => {
  t = await TestController.start();
});
afterEach(() => t[Symbol.asyncDispose]());

test("who hangs up in the middle of a stream of events is no error, and nothing is sent after it", async () => {
  const { secret } = await t.admin.createApiKey({ name: "reader" });
  const request = get(`${t.url}/v1/events`, { headers: { authorization: `Bearer ${secret}` } });
  const [reply] = (await once(request, "response")) as [IncomingMessage];
  await once(reply, "data");
  reply.destroy();
  // Nothing tells when the controller is done with it; what was wrong came within a few milliseconds.
  await sleep(300);
  expect(t.logged).not.toMatch(/"level":(40|50)/);
});

test("who hung up while they were judged is known to be gone", async () => {
  const app = fastify();
  const gone = Promise.withResolvers<boolean>();
  const judge: Guard = async (_, { raw }) => {
    request.destroy();
    await once(raw.socket, "close");
    return undefined;
  };
  new RowServer(app, judge).serve(apiRoutes.health, async ({ signal }) => {
    gone.resolve(signal.aborted);
    return { status: "ok" } as const;
  });
  const at = await app.listen({ host: "127.0.0.1", port: 0 });
  const request = get(`${at}${apiRoutes.health.path}`).on("error", () => {});
  expect(await gone.promise).toBe(true);
  await app.close();
});
