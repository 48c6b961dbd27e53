import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { XConnection, XRequestError } from "./connection.ts";
import { damage, getGeometry, queryExtension, shm, watchStructure } from "./wire.ts";

let directory: string;
let path: string;
let server: Server;
let client: Socket | undefined;
let requests: Buffer;
let hello: Buffer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "x11-"));
  path = join(directory, "X1");
  requests = Buffer.alloc(0);
  hello = helloOf({ vendor: "The X.Org Foundation", width: 1280, height: 720 });
  server = createServer((socket) => {
    client = socket.on("error", () => {}); // ended by the test
    socket.once("data", (bytes) => {
      expect(bytes.toString("hex")).toBe("6c000b000000000000000000");
      // In two parts, cut where nothing ends.
      socket.write(hello.subarray(0, 11));
      setTimeout(() => socket.write(hello.subarray(11)), 10);
      socket.on("data", (more) => {
        requests = Buffer.concat([requests, more]);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
});
afterEach(async () => {
  client?.destroy();
  server.close();
  await rm(directory, { recursive: true });
});

/** A server's answer to a client that may enter: one pixmap format of depth 24, one screen (X protocol, appendix B). */
function helloOf({ vendor, width, height }: { vendor: string; width: number; height: number }): Buffer {
  const formats = 40 + vendor.length;
  const bytes = Buffer.alloc(formats + 16 + 40);
  bytes.writeUInt8(1, 0);
  bytes.writeUInt16LE((bytes.length - 8) / 4, 6);
  bytes.writeUInt32LE(0x0020_0000, 12);
  bytes.writeUInt16LE(vendor.length, 24);
  bytes.writeUInt8(2, 29);
  bytes.write(vendor, 40);
  Buffer.from([1, 1, 32]).copy(bytes, formats);
  Buffer.from([24, 32, 32]).copy(bytes, formats + 8);
  const screen = formats + 16;
  bytes.writeUInt32LE(0x123, screen);
  bytes.writeUInt16LE(width, screen + 20);
  bytes.writeUInt16LE(height, screen + 22);
  bytes.writeUInt8(24, screen + 38);
  return bytes;
}

function unit(code: number, sequence: number, change: (bytes: Buffer) => void = () => {}): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt16LE(sequence, 2);
  change(bytes);
  return bytes;
}

test("the server's hello says where the screen is and how its pixels lie", async () => {
  const x = await XConnection.open(path);
  expect(x.setup).toEqual({
    resourceBase: 0x0020_0000,
    root: 0x123,
    width: 1280,
    height: 720,
    depth: 24,
    bitsPerPixel: 32,
    isLittleEndian: true,
  });
  expect([x.newId(), x.newId()]).toEqual([0x0020_0001, 0x0020_0002]);
  x.close();
});

test("a server that refuses is quoted", async () => {
  hello = Buffer.from("000a0b0000000300", "hex");
  hello = Buffer.concat([hello, Buffer.from("no access!\0\0")]);
  await expect(XConnection.open(path)).rejects.toThrow("the X server refuses: no access!");
});

test("replies, errors and events find their way, in any order and cut anywhere", async () => {
  const x = await XConnection.open(path);
  const events: number[] = [];
  x.onEvent((code) => events.push(code));
  const first = x.ask(getGeometry(0x123));
  x.send(damage.subtractAll(140, 7)); // has no reply
  const third = x.ask(getGeometry(0x999));
  const answers = Buffer.concat([
    unit(91, 2),
    unit(0, 3, (bytes) => bytes.writeUInt8(9, 1)),
    unit(22 | 0x80, 2),
    unit(1, 1, (bytes) => bytes.writeUInt16LE(1280, 16)),
  ]);
  for (let at = 0; at < answers.length; at += 7) client?.write(answers.subarray(at, at + 7));
  expect((await first).readUInt16LE(16)).toBe(1280);
  const refusal = await third.catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(XRequestError);
  expect(refusal).toMatchObject({ code: 9 });
  expect(events).toEqual([91, 22]);
  x.close();
});

test("the server's end settles what was asked, and is no exception", async () => {
  const x = await XConnection.open(path);
  const asked = x.ask(getGeometry(0x123));
  await expect.poll(() => requests.length).toBe(8);
  client?.destroy();
  await expect(asked).rejects.toThrow("closed the connection");
  await x.closed;
  await expect(x.ask(getGeometry(0x123))).rejects.toThrow("closed the connection");
});

test("a reply longer than any of ours ends the connection", async () => {
  const x = await XConnection.open(path);
  client?.write(unit(1, 1, (bytes) => bytes.writeUInt32LE(1_000_000, 4)));
  await x.closed;
});

test("a display that nobody serves is told as one", async () => {
  await expect(XConnection.open(join(directory, "X2"))).rejects.toThrow("does not answer (ENOENT)");
});

test.each([
  // Each as libX11, libXext and libXdamage send it, with 128 and 140 as the extensions' codes.
  ["GetGeometry", getGeometry(0x123), "0e000200" + "23010000"],
  ["QueryExtension", queryExtension("DAMAGE"), "62000400" + "06000000" + "44414d4147450000"],
  ["ChangeWindowAttributes", watchStructure(0x123), "02000400" + "23010000" + "00080000" + "00000200"],
  ["DamageCreate", damage.create(140, 7, 0x123), "8c010400" + "07000000" + "23010000" + "03000000"],
  ["DamageSubtract", damage.subtractAll(140, 7), "8c030400" + "07000000" + "00000000" + "00000000"],
  ["ShmAttach", shm.attach(128, 8, 0x10002), "80010400" + "08000000" + "02000100" + "00000000"],
  [
    "ShmGetImage",
    shm.getImage(128, { drawable: 0x123, width: 1280, height: 720, segment: 8 }),
    "80040800" + "23010000" + "00000000" + "0005d002" + "ffffffff" + "02000000" + "08000000" + "00000000",
  ],
])("%s is the protocol's own", (_name, bytes, hex) => {
  expect(bytes.toString("hex")).toBe(hex);
});
