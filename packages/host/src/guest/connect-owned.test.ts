import { once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connectOwned } from "./connect-owned.ts";

const OURS = process.getuid?.() ?? -1;

let directory: string;
let server: Server;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "owned-"));
  server = createServer((socket) => socket.end("hello"));
  server.listen(join(directory, "socket"));
  await once(server, "listening");
});
afterEach(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

test("a socket of the right user is connected to", async () => {
  const socket = connectOwned(join(directory, "socket"), OURS);
  expect(String((await once(socket, "data"))[0])).toBe("hello");
  socket.destroy();
});

test.each([
  ["a socket of another user", "socket", OURS + 1],
  ["a link to a socket", "link", OURS],
  ["a file", "file", OURS],
  ["nothing", "nothing", OURS],
])("%s is not", async (_what, name, owner) => {
  await symlink(join(directory, "socket"), join(directory, "link"));
  await writeFile(join(directory, "file"), "");
  const socket = connectOwned(join(directory, name), owner);
  const [error] = await once(socket, "error");
  expect(error).toBeInstanceOf(Error);
  if (!socket.closed) await once(socket, "close");
});
