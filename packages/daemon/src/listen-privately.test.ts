import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listenPrivately } from "./listen-privately.ts";

let directory: string;
let path: string;
let servers: Server[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "private-"));
  path = join(directory, "own/controller.sock");
  servers = [];
});
afterEach(async () => {
  for (const server of servers) server.close();
  await rm(directory, { recursive: true });
});

function serve(): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  const listen = (at: string) => once(server.listen(at), "listening");
  return listenPrivately({ path, who: "a controller", listen });
}

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

test("only its own user reaches the socket, and a second one is refused", async () => {
  await serve();
  expect([await modeOf(dirname(path)), await modeOf(path)]).toEqual([0o700, 0o600]);
  await expect(serve()).rejects.toMatchObject({
    code: "ALREADY_RUNNING",
    message: `a controller answers on ${path}`,
  });
});

test("a file that a dead process left is replaced", async () => {
  await serve();
  servers[0]?.close();
  await writeFile(path, "");
  await serve();
  expect((await stat(path)).isSocket()).toBe(true);
});
