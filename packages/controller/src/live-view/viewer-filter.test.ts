import { describe, expect, test } from "vitest";
import { ViewerFilter } from "./viewer-filter.ts";

const bytes = (...values: number[]) => Buffer.from(values);
const HELLO = Buffer.concat([Buffer.from("RFB 003.008\n"), bytes(1), bytes(1)]);

const key = bytes(4, 1, 0, 0, 0, 0, 0, 0x61);
const pointer = bytes(5, 1, 0, 10, 0, 20);
const updateRequest = bytes(3, 1, 0, 0, 0, 0, 5, 0, 2, 208);
const pixelFormat = bytes(0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0);
const continuous = bytes(150, 1, 0, 0, 0, 0, 5, 0, 2, 208);
const fence = bytes(248, 0, 0, 0, 0, 0, 0, 1, 3, 7, 8, 9);
const xvp = bytes(250, 0, 1, 2);
const qemuKey = bytes(255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 30);
const qemuAudioOn = bytes(255, 1, 0, 0);
const qemuAudioFormat = bytes(255, 1, 0, 2, 0, 2, 0, 0, 0xac, 0x44);

function cutText(length: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(6, 0);
  head.writeInt32BE(length, 4);
  return Buffer.concat([head, body]);
}

function encodings(...list: number[]): Buffer {
  const message = Buffer.alloc(4 + 4 * list.length);
  message.writeUInt8(2, 0);
  message.writeUInt16BE(list.length, 2);
  list.forEach((encoding, index) => void message.writeInt32BE(encoding, 4 + 4 * index));
  return message;
}

function desktopSize(screens: number): Buffer {
  const message = Buffer.alloc(8 + 16 * screens);
  message.writeUInt8(251, 0);
  message.writeUInt8(screens, 6);
  return message;
}

/** What passes of `stream` when it comes in pieces of `size` bytes. */
function filtered(stream: Buffer, size = stream.length): Buffer {
  const filter = new ViewerFilter();
  const out: Buffer[] = [];
  for (let at = 0; at < stream.length; at += size)
    out.push(filter.push(Buffer.from(stream.subarray(at, at + size))));
  return Buffer.concat(out);
}

describe("ViewerFilter", () => {
  const input = [
    key,
    pointer,
    cutText(5, Buffer.from("hello")),
    cutText(-8, Buffer.alloc(8, 3)),
    desktopSize(1),
    desktopSize(2),
    xvp,
    qemuKey,
    qemuAudioOn,
    qemuAudioFormat,
  ];
  const looks = [pixelFormat, encodings(0, 7, -239), updateRequest, continuous, fence];

  test.each([1, 2, 3, 5, 7, 64, 10_000])(
    "passes looks and drops input when bytes come %i at a time",
    (size) => {
      const mixed: Buffer[] = [
        HELLO,
        ...looks.flatMap((look, index) => [look, ...input.slice(index * 2, index * 2 + 2), look]),
      ];
      const expected = Buffer.concat([HELLO, ...looks.flatMap((look) => [look, look])]);
      expect(filtered(Buffer.concat(mixed), size)).toEqual(expected);
    },
  );

  test("holds a message back until it is whole", () => {
    const filter = new ViewerFilter();
    filter.push(HELLO);
    expect(filter.push(updateRequest.subarray(0, 9))).toHaveLength(0);
    expect(filter.push(updateRequest.subarray(9))).toEqual(updateRequest);
  });

  test("a key inside dropped clipboard text stays dropped", () => {
    const hidden = Buffer.concat([key, updateRequest, key]);
    expect(filtered(Buffer.concat([HELLO, cutText(hidden.length, hidden), updateRequest]))).toEqual(
      Buffer.concat([HELLO, updateRequest]),
    );
  });

  test("strikes out the encodings that ask for richer input", () => {
    expect(filtered(Buffer.concat([HELLO, encodings(7, -258, 0, -316)]))).toEqual(
      Buffer.concat([HELLO, encodings(7, 0)]),
    );
  });

  test("a viewer never gets the display for itself", () => {
    const alone = Buffer.concat([Buffer.from("RFB 003.008\n"), bytes(1), bytes(0)]);
    expect(filtered(alone)).toEqual(HELLO);
  });

  test("knows the handshake with a password", () => {
    const hello = Buffer.concat([Buffer.from("RFB 003.007\n"), bytes(2), Buffer.alloc(16, 4), bytes(1)]);
    expect(filtered(Buffer.concat([hello, key, updateRequest]), 3)).toEqual(
      Buffer.concat([hello, updateRequest]),
    );
  });

  test.each([
    ["another protocol", Buffer.from("GET / HTTP/1.1\r\n")],
    ["RFB 3.3", Buffer.from("RFB 003.003\n")],
    ["a security type that is not understood", Buffer.concat([Buffer.from("RFB 003.008\n"), bytes(19)])],
    ["an unknown message", Buffer.concat([HELLO, bytes(99)])],
    ["an unknown QEMU message", Buffer.concat([HELLO, bytes(255, 9, 0, 0)])],
    ["too many encodings", Buffer.concat([HELLO, bytes(2, 0, 255, 255)])],
    ["a fence that is too long", Buffer.concat([HELLO, bytes(248, 0, 0, 0, 0, 0, 0, 0, 65)])],
    ["an endless clipboard", Buffer.concat([HELLO, cutText(-2_000_000_000, Buffer.alloc(0))])],
  ])("refuses %s", (_, stream) => {
    expect(() => filtered(stream)).toThrowError(expect.objectContaining({ code: "BAD_REQUEST" }));
  });
});
