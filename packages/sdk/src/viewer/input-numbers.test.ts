import { readNumbered } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InputNumbers } from "./input-numbers.ts";
import { PictureSqueeze } from "./picture-squeeze.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const key = (keysym: number, isDown = 1) => bytes(4, isDown, 0, 0, 0, 0, 0, keysym);
const pointer = (x: number, buttons = 0) => bytes(5, buttons, 0, x, 0, 20);
const HELLO = bytes(...new TextEncoder().encode("RFB 003.008\n"), 1, 1);
const text = bytes(6, 0, 0, 0, 0, 0, 0, 3, 97, 98, 99);
const update = bytes(3, 1, 0, 0, 0, 0, 5, 0, 2, 208);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A channel that keeps what was sent. */
function channel() {
  const sent: Uint8Array[] = [];
  const made = { readyState: "open" as RTCDataChannelState, bufferedAmount: 0, sent };
  return { ...made, send: (data: unknown) => void sent.push(new Uint8Array(data as Uint8Array)) };
}

function bench() {
  const socket: Uint8Array[] = [];
  const numbers = new InputNumbers((one) => void socket.push(one));
  const channels = { moves: channel(), input: channel() };
  const type = (...messages: Uint8Array[]) => {
    for (const message of messages) socket.push(...numbers.take(message));
  };
  return { socket, numbers, channels, type };
}

/** What numbered bytes are, in short: number, and the key or place. A step has neither. */
function said(all: readonly Uint8Array[]): string[] {
  return all.map((one) => {
    const read = readNumbered(one);
    if (!read) return `plain ${one[0]}`;
    const what = read.message[0] === 5 ? `at ${read.message[3]}` : `key ${read.message[7] ?? "step"}`;
    return read.kind === "move" ? `after ${read.after}: ${what}` : `${read.number}: ${what}`;
  });
}

describe("a page's input", () => {
  test("is left as it is while there never was a channel", () => {
    const f = bench();
    f.type(key(1), pointer(5), pointer(6, 1));
    expect(f.socket).toEqual([key(1), pointer(5), pointer(6, 1)]);
    expect(f.numbers.step()).toEqual([]);
  });

  test("goes both ways with the same number, after a step that only the connection brings", () => {
    const f = bench();
    f.numbers.channels = f.channels;
    f.type(key(1), key(2), pointer(9, 1));
    expect(said(f.socket)).toEqual(["0: key step", "1: key 1", "2: key 2", "3: at 9"]);
    expect(f.channels.input.sent).toEqual(f.socket.slice(1));
  });

  test("moves the pointer by the other channel, and says over the connection where it rests", () => {
    const f = bench();
    f.numbers.channels = f.channels;
    f.type(key(1), pointer(5), pointer(6), pointer(7));
    expect(said(f.channels.moves.sent)).toEqual(["after 2: at 5", "after 2: at 6", "after 2: at 7"]);
    expect(said(f.socket)).toEqual(["0: key step", "1: key 1"]);
    vi.advanceTimersByTime(60);
    expect(said(f.socket).slice(2)).toEqual(["2: at 7"]);
    vi.advanceTimersByTime(1000);
    expect(f.socket).toHaveLength(3);
  });

  test("says where the pointer is before a key, and with a click, which has its own place", () => {
    const f = bench();
    f.numbers.channels = f.channels;
    f.type(pointer(5), key(1), pointer(6), pointer(8, 1), pointer(9, 1), pointer(9, 0));
    expect(said(f.socket)).toEqual(["0: key step", "1: at 5", "2: key 1", "3: at 8", "4: at 9"]);
    expect(said(f.channels.moves.sent)).toEqual(["after 1: at 5", "after 3: at 6", "after 4: at 9"]);
    vi.advanceTimersByTime(1000);
    expect(f.socket).toHaveLength(5);
  });

  test("knows a button that went down before the channels came: letting go of it is no move", () => {
    const f = bench();
    f.type(pointer(5, 1));
    f.numbers.channels = f.channels;
    f.type(pointer(5));
    expect(said(f.socket)).toEqual(["plain 5", "0: key step", "1: at 5"]);
    expect(f.channels.moves.sent).toEqual([]);
  });

  test("loses and doubles nothing when channels go and others come", () => {
    const f = bench();
    f.numbers.channels = f.channels;
    f.type(key(1), pointer(5));
    f.numbers.channels = null;
    f.type(pointer(6), key(2));
    const others = { moves: channel(), input: channel() };
    f.numbers.channels = others;
    f.type(key(3));
    expect(said(f.socket)).toEqual(["0: key step", "1: key 1", "2: at 6", "3: key 2", "4: key 3"]);
    expect(said(others.input.sent)).toEqual(["4: key 3"]);
  });

  test("leaves a channel alone that is not open, or does not keep up", () => {
    const f = bench();
    f.numbers.channels = f.channels;
    f.channels.input.bufferedAmount = 5000;
    f.channels.moves.readyState = "connecting";
    f.type(key(1), pointer(5));
    expect(said(f.socket)).toEqual(["0: key step", "1: key 1", "2: at 5"]);
    expect([f.channels.input.sent, f.channels.moves.sent]).toEqual([[], []]);
  });

  test("says nothing more after the end", () => {
    const f = bench();
    f.numbers.channels = f.channels;
    f.type(key(1), pointer(5));
    f.numbers.close();
    vi.advanceTimersByTime(1000);
    expect(f.socket).toHaveLength(2);
  });
});

describe("within the stream of RFB", () => {
  test.each([1, 3, 1000])(
    "whole messages are numbered, a text gets a step after it (%i bytes at a time)",
    (size) => {
      const f = bench();
      f.numbers.channels = f.channels;
      const squeeze = new PictureSqueeze(f.numbers);
      const stream = bytes(...HELLO, ...update, ...key(1), ...text, ...key(2));
      const out: number[] = [];
      for (let at = 0; at < stream.length; at += size) out.push(...squeeze.push(stream.slice(at, at + size)));
      const at = HELLO.length + update.length;
      expect(out.slice(0, at)).toEqual([...HELLO, ...update]);
      const numbered = (from: number, length: number) => said([bytes(...out.slice(from, from + length))])[0];
      expect(numbered(at, 12)).toBe("0: key step");
      expect(numbered(at + 12, 20)).toBe("1: key 1");
      expect(out.slice(at + 32, at + 32 + text.length)).toEqual([...text]);
      expect(numbered(at + 32 + text.length, 12)).toBe("2: key step");
      expect(numbered(at + 44 + text.length, 20)).toBe("3: key 2");
    },
  );

  test("what is said in the middle of a text waits for its end", () => {
    const squeeze = new PictureSqueeze();
    squeeze.push(bytes(...HELLO, ...text.slice(0, 9)));
    expect(squeeze.insert(key(1))).toHaveLength(0);
    expect(squeeze.push(text.slice(9))).toEqual(bytes(...text.slice(9), ...key(1)));
  });

  test("what waits for the end of a text is said also when the picture goes meanwhile", () => {
    const f = bench();
    f.numbers.channels = f.channels;
    const squeeze = new PictureSqueeze(f.numbers);
    squeeze.push(bytes(...HELLO, ...update, ...key(1), ...text.slice(0, 9)));
    squeeze.squeeze(true);
    squeeze.squeeze(false);
    const rest = squeeze.push(text.slice(9));
    expect(said([rest.slice(2, 14)])).toEqual(["2: key step"]);
    expect(rest.slice(14)).toEqual(bytes(3, 0, ...update.slice(2)));
  });
});
