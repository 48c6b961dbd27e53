import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openVsock } from "./open-vsock.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vsock-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** A client that has asked for port 1024, and the other end of it. */
async function asked(): Promise<{ client: Socket; vmm: Socket; opened: () => number; heard: string[] }> {
  const path = join(directory, `${Math.random()}`);
  const server = createServer().listen(path);
  await once(server, "listening");
  const client = connect(path);
  const [vmm] = (await once(server, "connection")) as [Socket];
  server.close();
  let opened = 0;
  const heard: string[] = [];
  openVsock(client, 1024, () => {
    opened++;
    client.on("data", (bytes) => heard.push(String(bytes)));
  });
  expect(String((await once(vmm, "data"))[0])).toBe("CONNECT 1024\n");
  return { client, vmm, opened: () => opened, heard };
}

test("a guest's port is open once it has accepted, and nothing that it said is lost", async () => {
  const { client, vmm, opened, heard } = await asked();
  vmm.write("OK 10");
  vmm.write("73741824\nfirst words");
  await expect.poll(() => heard.join("")).toBe("first words");
  vmm.write(", more");
  await expect.poll(() => heard.join("")).toBe("first words, more");
  expect(opened()).toBe(1);
  client.destroy();
});

test.each([
  ["another answer", "ERR no\n"],
  ["an answer without an end", "OK ".repeat(40)],
  ["a number that is none", "OK one\n"],
])("%s ends the connection", async (_, answer) => {
  const { client, vmm, opened } = await asked();
  const closed = once(client, "close");
  vmm.write(answer);
  await closed;
  expect(opened()).toBe(0);
});

test("a guest that does not listen ends the connection", async () => {
  const { client, vmm, opened } = await asked();
  const closed = once(client, "close");
  vmm.destroy();
  await closed;
  expect(opened()).toBe(0);
});
