import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { httpAnswers, httpResponds } from "./probe.ts";

test("an answer is the proof; an error status or a closed port is named", async () => {
  let status = 200;
  const server = createServer((_request, response) => response.writeHead(status).end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const target = { host: "127.0.0.1", port, path: "/" };
  const probe = httpAnswers(target);
  expect(await probe()).toBeUndefined();
  status = 503;
  expect(await probe()).toBe("it answers 503");
  expect(await httpResponds(target)()).toBeUndefined();
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  expect(await probe()).toContain("ECONNREFUSED");
  expect(await httpResponds(target)()).toContain("ECONNREFUSED");
});
