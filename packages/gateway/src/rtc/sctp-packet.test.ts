import { expect, test } from "vitest";
import { isPlainPacket } from "./sctp-packet.ts";

const HEADER = new Array<number>(12).fill(0);
const isPlain = (...chunks: readonly number[][]) =>
  isPlainPacket(Buffer.from([...HEADER, ...chunks.flat()]), { streams: 2, maxBytes: 3 });
const data = (flags: number, stream: number, bytes: readonly number[], kind = 53) => {
  const padding = new Array<number>((4 - (bytes.length % 4)) % 4).fill(0);
  return [0, flags, 0, 16 + bytes.length, 0, 0, 0, 1, 0, stream, 0, 0, 0, 0, 0, kind, ...bytes, ...padding];
};

test.each([
  ["a whole unordered message", [data(7, 1, [1, 2, 3])]],
  ["one that asks for an answer at once, and another", [data(15, 0, [1]), data(7, 1, [2])]],
  [
    "what skips messages, of no stream and of a known one",
    [
      [192, 0, 0, 8, 0, 0, 0, 1],
      [192, 0, 0, 12, 0, 0, 0, 1, 0, 1, 0, 0],
    ],
  ],
  ["a heartbeat with its parameter", [[4, 0, 0, 8, 0, 1, 0, 4]]],
  ["the end of an association", [[6, 0, 0, 4]]],
])("%s is plain", (_, chunks) => {
  expect(isPlain(...chunks)).toBe(true);
});

test.each([
  ["nothing", []],
  ["a fragment", [data(5, 0, [1])]],
  ["an ordered message", [data(3, 0, [1])]],
  ["an empty message", [data(7, 0, [])]],
  ["a message that is too long", [data(7, 0, [1, 2, 3, 4])]],
  ["a message of an unknown stream", [data(7, 2, [1])]],
  ["text", [data(7, 0, [1], 51)]],
  ["what skips messages of an unknown stream", [[192, 0, 0, 16, 0, 0, 0, 1, 0, 1, 0, 0, 0, 2, 0, 0]]],
  ["a chunk of no length", [[0, 7, 0, 0]]],
  ["a chunk beyond its packet", [[6, 0, 0, 8]]],
  ["a parameter of no length", [[4, 0, 0, 8, 0, 1, 0, 0]]],
  ["an acknowledgement", [[3, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]]],
  ["too many chunks", new Array<number[]>(17).fill([6, 0, 0, 4])],
])("%s is not", (_, chunks) => {
  expect(isPlain(...chunks)).toBe(false);
});
