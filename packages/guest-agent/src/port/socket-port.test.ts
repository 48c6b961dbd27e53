import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hasPlaceFor, hasVsock, SocketPort } from "./socket-port.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "vsock-"));
});
afterEach(() => rm(directory, { recursive: true }));

const connected = async (path: string): Promise<Socket> => {
  const socket = connect(path);
  await once(socket, "connect");
  return socket;
};
const nextText = async (socket: Socket) => String((await once(socket, "data"))[0]);

test("a vsock device is seen once its driver has one, and the driver alone is none", async () => {
  expect(await hasVsock(directory)).toBe(false);
  const driver = join(directory, "sys/bus/virtio/drivers/vmw_vsock_virtio_transport");
  await mkdir(driver, { recursive: true });
  await writeFile(join(driver, "module"), "");
  expect(await hasVsock(directory)).toBe(false);
  await mkdir(join(driver, "virtio4"));
  expect(await hasVsock(directory)).toBe(true);
});

test("there is a place for the socket only where the host brought its directory", async () => {
  expect(await hasPlaceFor(join(directory, "port/control.sock"))).toBe(false);
  await mkdir(join(directory, "port"));
  expect(await hasPlaceFor(join(directory, "port/control.sock"))).toBe(true);
});

test("bytes pass both ways, and what is written to nobody is dropped without waiting", async () => {
  const path = join(directory, "s");
  await using port = await SocketPort.open(path);
  const heard: string[] = [];
  port.listen((bytes) => heard.push(String(bytes)));
  await port.write(Buffer.from("nobody hears this"));
  const host = await connected(path);
  host.write("hello\n");
  await expect.poll(() => heard).toEqual(["hello\n"]);
  await port.write(Buffer.from("answer\n"));
  expect(await nextText(host)).toBe("answer\n");
});

test("the newest connection is the host, and an older one is closed", async () => {
  const path = join(directory, "s");
  await using port = await SocketPort.open(path);
  const heard: string[] = [];
  port.listen((bytes) => heard.push(String(bytes)));
  const first = await connected(path);
  const closed = once(first, "close");
  const second = await connected(path);
  await closed;
  second.write("new");
  await expect.poll(() => heard).toEqual(["new"]);
  await port.write(Buffer.from("to the new one"));
  expect(await nextText(second)).toBe("to the new one");
});

test("a socket that an earlier agent left is replaced", async () => {
  const path = join(directory, "s");
  await writeFile(path, "");
  await using port = await SocketPort.open(path);
  expect(port).toBeDefined();
  (await connected(path)).destroy();
});
