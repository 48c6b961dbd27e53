import { expect, test } from "vitest";
import { checksum, encodeEcho, isReply } from "./icmp-echo.ts";

const IP_HEADER = Buffer.alloc(20, 0);
IP_HEADER.writeUInt8(0x45, 0);

function replyTo(request: Buffer): Buffer {
  const icmp = Buffer.from(request);
  icmp.writeUInt8(0, 0);
  return Buffer.concat([IP_HEADER, icmp]);
}

test("an echo request checks out by its own checksum, with even and odd payloads", () => {
  for (const payload of [0, 1, 56, 1472]) expect(checksum(encodeEcho(7, payload))).toBe(0);
});

test("only the reply with the same id and data counts", () => {
  const request = encodeEcho(7, 8);
  expect(isReply(replyTo(request), request)).toBe(true);
  expect(isReply(replyTo(encodeEcho(8, 8)), request)).toBe(false);
  expect(isReply(replyTo(request).subarray(0, 30), request)).toBe(false);
  expect(isReply(Buffer.alloc(3), request)).toBe(false);
});
