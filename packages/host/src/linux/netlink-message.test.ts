import { expect, test } from "vitest";
import {
  childrenOf,
  decodeMessages,
  encodeMessage,
  nested,
  parseAttributes,
  readText,
  readU32,
  text,
  u8,
  u32,
} from "./netlink-message.ts";

test("attributes are read back as written, nested ones too", () => {
  const bytes = Buffer.concat([text(3, "bv-0"), u32(4, 1500), nested(18, text(1, "bridge"), u8(2, 1))]);
  const found = parseAttributes(bytes);
  expect(readText(found, 3)).toBe("bv-0");
  expect(readU32(found, 4)).toBe(1500);
  expect(readText(childrenOf(found, 18), 1)).toBe("bridge");
});

test("an attribute that is cut short, or lies about its length, ends the reading without an error", () => {
  const bytes = Buffer.concat([u32(4, 1500), text(3, "bv-0")]);
  expect([...parseAttributes(bytes.subarray(0, bytes.length - 6)).keys()]).toEqual([4]);
  bytes.writeUInt16LE(3, 8);
  expect([...parseAttributes(bytes).keys()]).toEqual([4]);
});

test("messages of one datagram are told apart, and half a message is left out", () => {
  const one = encodeMessage({ type: 16, flags: 2, sequence: 7, payload: Buffer.from("abcd") });
  const two = encodeMessage({ type: 3, flags: 0, sequence: 7, payload: Buffer.alloc(0) });
  const all = Buffer.concat([one, two]);
  expect(decodeMessages(all).map(({ type, sequence }) => [type, sequence])).toEqual([
    [16, 7],
    [3, 7],
  ]);
  expect(decodeMessages(all.subarray(0, all.length - 1))).toHaveLength(1);
});
