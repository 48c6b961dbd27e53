import { expect, test } from "vitest";
import { H264RtpPayload, Vp8RtpPayload } from "werift";
import { h264Payloads } from "./h264-payloads.ts";
import { framed, PacketFrames } from "./packet-frames.ts";
import { MAX_PAYLOAD_BYTES, vp8Payloads } from "./vp8-payloads.ts";

const bytes = (length: number) => crypto.getRandomValues(new Uint8Array(length)).map((byte) => byte | 1);
const isSmall = (payloads: Buffer[]) => payloads.every(({ length }) => length <= MAX_PAYLOAD_BYTES);

test("a VP8 picture begins with S, and each packet has the same picture id (RFC 7741)", () => {
  const frame = bytes(3000);
  const payloads = vp8Payloads(frame, 0x1_2345);
  expect(isSmall(payloads)).toBe(true);
  expect(payloads.map((payload) => payload.subarray(0, 4).toString("hex"))).toEqual([
    "9080a345",
    "8080a345",
    "8080a345",
  ]);
  const read = payloads.map((payload) => Vp8RtpPayload.deSerialize(payload));
  expect(read.map(({ pictureId }) => pictureId)).toEqual([0x2345, 0x2345, 0x2345]);
  expect(Buffer.concat(read.map(({ payload }) => payload))).toEqual(Buffer.from(frame));
});

test("an H.264 picture is cut at its units, and large units into FU-A (RFC 6184)", () => {
  const [sps, pps, slice] = [bytes(20), bytes(6), bytes(3000)];
  sps[0] = 0x67;
  pps[0] = 0x68;
  slice[0] = 0x65;
  const long = Buffer.from([0, 0, 0, 1]);
  const frame = Buffer.concat([
    long,
    Buffer.from([0x09, 0x10]),
    long,
    sps,
    Buffer.from([0, 0, 1]),
    pps,
    long,
    slice,
  ]);
  const payloads = h264Payloads(frame);
  expect(isSmall(payloads)).toBe(true);
  expect(payloads.slice(0, 2)).toEqual([Buffer.from(sps), Buffer.from(pps)]);
  expect(payloads.slice(2).map((payload) => payload.subarray(0, 2).toString("hex"))).toEqual([
    "7c85",
    "7c05",
    "7c45",
  ]);
  let fragment: Buffer | undefined;
  const units = payloads.map((payload) => {
    const read = H264RtpPayload.deSerialize(payload, fragment);
    fragment = read.fragment;
    return read.payload ?? Buffer.alloc(0);
  });
  expect(Buffer.concat(units)).toEqual(Buffer.concat([long, sps, long, pps, long, slice]));
});

test("what is no H.264 gives no packets", () => {
  expect(h264Payloads(new Uint8Array([1, 2, 3]))).toEqual([]);
  expect(h264Payloads(new Uint8Array([0, 0, 1, 0, 0, 0, 1]))).toEqual([]);
});

test("packets in a TCP stream are found however they are cut; a length that none has is refused (RFC 4571)", () => {
  const packets = [Buffer.from("a"), Buffer.from(bytes(2000)), Buffer.from("bc")];
  const frames = new PacketFrames();
  const found = [...Buffer.concat(packets.map(framed))].flatMap((byte) => frames.push(Buffer.from([byte])));
  expect(found).toEqual(packets);
  expect(() => new PacketFrames().push(Buffer.from([0xff, 0xff]))).toThrow(RangeError);
  expect(() => new PacketFrames().push(Buffer.from([0, 0]))).toThrow(RangeError);
});
