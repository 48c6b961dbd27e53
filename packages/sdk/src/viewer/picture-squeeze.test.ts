import { describe, expect, test } from "vitest";
import { PictureSqueeze } from "./picture-squeeze.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const joined = (parts: readonly Uint8Array[]) => bytes(...parts.flatMap((part) => [...part]));

const HELLO = joined([new TextEncoder().encode("RFB 003.008\n"), bytes(1), bytes(1)]);
const FULL = [0, 0, 0, 0, 5, 0, 2, 208];
const ONE = [0, 0, 0, 0, 0, 1, 0, 1];
const request = (isIncremental: number, area: number[]) => bytes(3, isIncremental, ...area);
const continuous = (isOn: number, area: number[]) => bytes(150, isOn, ...area);

const key = bytes(4, 1, 0, 0, 0, 0, 0, 0x61);
const pointer = bytes(5, 1, 0, 10, 0, 20);
const bigPointer = bytes(5, 0x81, 0, 10, 0, 20, 1);
const encodings = bytes(2, 0, 0, 2, 0, 0, 0, 7, 0xff, 0xff, 0xfe, 0xc7);
const fence = bytes(248, 0, 0, 0, 0, 0, 0, 1, 3, 7, 8, 9);
/** Clipboard text that looks like a request. */
const text = joined([bytes(6, 0, 0, 0, 0, 0, 0, 10), request(0, FULL)]);
const desktopSize = joined([bytes(251, 0, 5, 0, 2, 208, 1, 0), new Uint8Array(16)]);
const qemuKey = bytes(255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 30);

/** What comes out when the stream comes in two pieces, cut at `at`, or byte by byte. */
function squeezed(stream: Uint8Array, isOn: boolean, at?: number): Uint8Array {
  const squeeze = new PictureSqueeze();
  squeeze.squeeze(isOn);
  const pieces =
    at === undefined ? [...stream].map((one) => bytes(one)) : [stream.subarray(0, at), stream.subarray(at)];
  return joined(pieces.map((piece) => squeeze.push(piece)));
}

const story = (area: number[]) =>
  joined([
    HELLO,
    encodings,
    request(0, area),
    key,
    text,
    continuous(1, area),
    pointer,
    bigPointer,
    fence,
    request(1, area),
    desktopSize,
    qemuKey,
    continuous(0, area),
  ]);

describe("PictureSqueeze", () => {
  test("asks for one pixel instead, wherever the stream is cut, and leaves all else as it is", () => {
    const stream = story(FULL);
    for (let at = 0; at <= stream.length; at += 1) expect(squeezed(stream, true, at)).toEqual(story(ONE));
    expect(squeezed(stream, true)).toEqual(story(ONE));
  });

  test("changes nothing while it is off", () => {
    const stream = story(FULL);
    for (let at = 0; at <= stream.length; at += 1) expect(squeezed(stream, false, at)).toEqual(stream);
  });

  test("asks for all of the picture when it is let go, in the size that was wanted last", () => {
    const squeeze = new PictureSqueeze();
    squeeze.push(joined([HELLO, request(0, FULL)]));
    expect(squeeze.squeeze(true)).toEqual(bytes());
    const grown = [0, 0, 0, 0, 7, 128, 4, 56];
    expect(squeeze.push(request(1, grown))).toEqual(request(1, ONE));
    expect(squeeze.squeeze(false)).toEqual(request(0, grown));
    expect(squeeze.push(request(1, grown))).toEqual(request(1, grown));
  });

  test("changes continuous updates at once, both ways, but only where they are on", () => {
    const squeeze = new PictureSqueeze();
    squeeze.push(joined([HELLO, request(0, FULL), continuous(1, FULL)]));
    expect(squeeze.squeeze(true)).toEqual(continuous(1, ONE));
    expect(squeeze.squeeze(true)).toEqual(bytes());
    expect(squeeze.squeeze(false)).toEqual(joined([continuous(1, FULL), request(0, FULL)]));
    squeeze.push(continuous(0, FULL));
    expect(squeeze.squeeze(true)).toEqual(bytes());
  });

  test("says nothing of its own before the client has asked for a picture", () => {
    const squeeze = new PictureSqueeze();
    squeeze.push(HELLO);
    expect(squeeze.squeeze(true)).toEqual(bytes());
    expect(squeeze.squeeze(false)).toEqual(bytes());
  });

  test("never speaks in the middle of a message, wherever it is cut", () => {
    for (let at = 1; at < text.length; at += 1) {
      const squeeze = new PictureSqueeze();
      const before = squeeze.push(joined([HELLO, request(0, FULL), continuous(1, FULL)]));
      const out = [
        squeeze.push(text.subarray(0, at)),
        squeeze.squeeze(true),
        squeeze.push(text.subarray(at)),
        squeeze.push(request(1, FULL)),
      ];
      const said = joined([before, ...out]);
      const ours = continuous(1, ONE);
      // before the message when none of it has passed, else after it
      const [early, late] = [joined([ours, text]), joined([text, ours])];
      const rest = said.subarray(before.length, said.length - 10);
      expect([early, late]).toContainEqual(rest);
      expect(said.subarray(-10)).toEqual(request(1, ONE));
    }
  });

  test.each([
    ["another protocol", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
    ["an unknown message", joined([HELLO, bytes(99, 1, 2, 3), request(0, FULL)])],
  ])("lets everything pass where it does not understand: %s", (_, stream) => {
    expect(squeezed(stream, true)).toEqual(stream);
    const squeeze = new PictureSqueeze();
    squeeze.push(joined([HELLO, request(0, FULL), bytes(99)]));
    expect(squeeze.squeeze(true)).toEqual(bytes());
  });
});
