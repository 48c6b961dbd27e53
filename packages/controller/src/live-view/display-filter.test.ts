import { describe, expect, test } from "vitest";
import { DisplayFilter } from "./display-filter.ts";

const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const u32 = (value: number) =>
  Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
const join = (...parts: readonly (Buffer | string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as never)));
const FORMAT = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
const INIT = join(u16(1280), u16(720), FORMAT, u32(2), "vm");
const HELLO = join("RFB 003.008\n", [1, 1], u32(0), INIT);

/** What looks like a text that is copied, where bytes of pictures and names stand. */
const BAIT = join([3, 0, 0, 0], u32(4), "bait");
const rect = (encoding: number, body: Buffer, width = 4, height = 4) =>
  join(u16(0), u16(0), u16(width), u16(height), u32(encoding >>> 0), body);
const update = (...rects: readonly Buffer[]) => join([0, 0], u16(rects.length), ...rects);
const filled = (length: number) => Buffer.alloc(length, BAIT);
const pictures = [
  rect(0, filled(64)),
  rect(1, filled(4)),
  rect(16, join(u32(20), filled(20))),
  rect(-239, filled(64 + 4)),
  rect(0x574d5664, join([0, 0], filled(128))),
  rect(0x574d5664, join([1, 0], filled(64))),
  rect(-223, join()),
  rect(-308, join([1, 0, 0, 0], filled(16))),
  rect(-307, join(u32(12), filled(12))),
  rect(-261, join([7])),
  rect(-258, join()),
  // Tight: filled, JPEG, as it is, compressed, two colours, many colours, too little to compress
  rect(7, join([0x80], filled(3))),
  rect(7, join([0x90, 5], filled(5))),
  rect(7, join([0x00, 0x81, 0x01], filled(129))),
  rect(7, join([0x40, 2, 0x80, 0x80, 0x01], filled(16_384))),
  rect(7, join([0x40, 1, 1], filled(6), filled(4))),
  rect(7, join([0x50, 1, 2], filled(9), [3], filled(3))),
  rect(7, join([0x40, 0], filled(3)), 1, 1),
];
const endless = join([0, 0], u16(0xffff), rect(0, filled(64)), rect(-224, join()));
const looks = [
  update(...pictures),
  endless,
  join([2]),
  join([150]),
  join([1, 0], u16(0), u16(2), filled(12)),
  join([248, 0, 0, 0], u32(1), [8], filled(8)),
];
const flags = (action: number) => u32(((1 << action) | 1) >>> 0);
const extended = (action: number, body = join()) =>
  join([3, 0, 0, 0], u32(-(4 + body.length) >>> 0), flags(action), body);
const [CAPS, REQUEST, PEEK, NOTIFY, PROVIDE] = [24, 25, 26, 27, 28];
const asks = [extended(CAPS, u32(0)), extended(REQUEST), extended(PEEK)];
const texts = [
  join([3, 0, 0, 0], u32(6), "secret"),
  join([3, 0, 0, 0], u32(0)),
  extended(NOTIFY),
  extended(PROVIDE, filled(40)),
  join([3, 0, 0, 0], u32(-2 >>> 0), [1, 2]),
];

function filtered(stream: Buffer, size: number): Buffer {
  const filter = new DisplayFilter();
  const out: Buffer[] = [];
  for (let at = 0; at < stream.length; at += size) out.push(filter.push(stream.subarray(at, at + size)));
  return Buffer.concat(out);
}
const badRequest = expect.objectContaining({ code: "BAD_REQUEST" });

describe("what a display says", () => {
  test.each([1, 2, 3, 7, 64, 4096, 1_000_000])(
    "goes on byte for byte, without its texts, when it comes %i bytes at a time",
    (size) => {
      const said = [...looks, ...asks].flatMap((message, at) => [
        message,
        texts[at % texts.length] ?? join(),
      ]);
      expect(filtered(join(HELLO, ...said), size)).toEqual(join(HELLO, ...looks, ...asks));
    },
  );

  test("is not held back: a picture goes on as it comes", () => {
    const filter = new DisplayFilter();
    filter.push(HELLO);
    const picture = update(rect(0, filled(64)));
    expect(filter.push(picture.subarray(0, 40))).toEqual(picture.subarray(0, 40));
  });

  test.each([
    ["another version", join("RFB 004.000\n")],
    ["a password", join("RFB 003.008\n", [1, 2])],
    ["a refusal", join("RFB 003.008\n", [1, 1], u32(1))],
    ["other pixels", join("RFB 003.008\n", [1, 1], u32(0), u16(9), u16(9), [16, 16], Buffer.alloc(18))],
    ["an unknown message", join(HELLO, [77])],
    ["an encoding that was not asked for", join(HELLO, update(rect(5, filled(9))))],
    ["PNG in Tight", join(HELLO, update(rect(7, join([0xa0, 5], filled(5)))))],
    ["an unknown filter in Tight", join(HELLO, update(rect(7, join([0x40, 3, 0], filled(5)))))],
  ])("ends where it cannot be read: %s", (_, stream) => {
    expect(() => filtered(stream, 5)).toThrowError(badRequest);
  });
});
