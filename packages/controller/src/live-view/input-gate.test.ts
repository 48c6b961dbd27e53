import { deflateSync } from "node:zlib";
import { type ClipboardPolicy, encodeInput } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { InputGate } from "./input-gate.ts";

const bytes = (...values: number[]) => Buffer.from(values);
const HELLO = Buffer.concat([Buffer.from("RFB 003.008\n"), bytes(1), bytes(1)]);
const key = (down: number, keysym = 0x61) => bytes(4, down, 0, 0, 0, 0, 0, keysym);
const pointer = (mask: number, x = 10) => bytes(5, mask, 0, x, 0, 20);
const extendedPointer = bytes(5, 0x81, 0, 10, 0, 20, 1);
const qemuKey = (down: number, keysym = 0x61) => bytes(255, 0, 0, down, 0, 0, 0, keysym, 0, 0, 0, 30);
const cutText = bytes(6, 0, 0, 0, 0, 0, 0, 3, 97, 98, 99);
const desktopSize = Buffer.concat([bytes(251, 0, 5, 0, 2, 208, 1, 0), Buffer.alloc(16, 7)]);
const xvp = bytes(250, 0, 1, 2);
const update = bytes(3, 1, 0, 0, 0, 0, 5, 0, 2, 208);
const fence = bytes(248, 0, 0, 0, 0, 0, 0, 1, 3, 7, 8, 9);
const encodings = bytes(2, 0, 0, 3, 0, 0, 0, 7, 0xff, 0xff, 0xfe, 0xfe, 0xff, 0xff, 0xfe, 0xc4);
const audio = bytes(255, 1, 0, 0);
const input = [
  key(1),
  key(0),
  pointer(1),
  pointer(0),
  extendedPointer,
  qemuKey(1),
  qemuKey(0),
  cutText,
  desktopSize,
  xvp,
];
const looks = [encodings, update, fence, audio];
const mixed = Buffer.concat([HELLO, ...input.flatMap((message) => [message, ...looks])]);
const SIZES = [1, 2, 3, 7, 64, 10_000];

class Bench {
  hasControl = true;
  inputs = 0;
  readonly gate = new InputGate({
    hasControl: () => this.hasControl,
    onInput: () => {
      this.inputs += 1;
    },
  });

  push(stream: Buffer, size = Math.max(1, stream.length)): Buffer {
    const out: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size)
      out.push(this.gate.push(Buffer.from(stream.subarray(at, at + size))));
    return Buffer.concat(out);
  }
}

const begun = (): Bench => {
  const bench = new Bench();
  bench.push(HELLO);
  return bench;
};
const badRequest = expect.objectContaining({ code: "BAD_REQUEST" });

describe("with the control", () => {
  test.each(SIZES)("every byte passes as it is when they come %i at a time", (size) => {
    const bench = new Bench();
    expect(bench.push(mixed, size)).toEqual(mixed);
    expect(bench.inputs).toBe(input.length);
  });

  test("a message passes when it is whole, and no byte of it before", () => {
    const bench = begun();
    expect(bench.push(desktopSize.subarray(0, 20))).toHaveLength(0);
    expect(bench.push(desktopSize.subarray(20))).toEqual(desktopSize);
  });

  test("looking is no input", () => {
    const bench = new Bench();
    bench.push(Buffer.concat([HELLO, ...looks]));
    expect(bench.inputs).toBe(0);
  });

  test("nobody gets the display for itself", () => {
    const alone = Buffer.concat([HELLO.subarray(0, 13), bytes(0)]);
    expect(new Bench().push(alone)).toEqual(HELLO);
  });

  test("what is not understood passes, and is input when it begins like it", () => {
    const bench = begun();
    expect(bench.push(Buffer.concat([update, bytes(77, 1, 2)]))).toEqual(
      Buffer.concat([update, bytes(77, 1, 2)]),
    );
    expect(bench.push(update)).toEqual(update);
    expect(bench.inputs).toBe(0);
    expect(bench.push(key(1))).toEqual(key(1));
    expect(bench.inputs).toBe(1);
  });

  test("a handshake that is not understood passes too", () => {
    const stream = Buffer.from("RFB 003.003\n\u0001");
    expect(new Bench().push(stream, 5)).toEqual(stream);
  });
});

describe("without the control", () => {
  test.each(SIZES)("only looks pass when bytes come %i at a time", (size) => {
    const bench = new Bench();
    bench.hasControl = false;
    const expected = Buffer.concat([HELLO, ...input.flatMap(() => looks)]);
    expect(bench.push(mixed, size)).toEqual(expected);
    expect(bench.inputs).toBe(0);
  });

  test("what is not understood ends it", () => {
    for (const stream of [bytes(77), bytes(255, 9, 0, 0)]) {
      const bench = begun();
      bench.hasControl = false;
      expect(() => bench.push(stream)).toThrowError(badRequest);
    }
    const stranger = new Bench();
    stranger.hasControl = false;
    expect(() => stranger.push(Buffer.from("GET / HTTP/1.1"))).toThrowError(badRequest);
  });
});

describe("when the control changes hands", () => {
  test("each message is judged at the moment when it is whole", () => {
    const bench = begun();
    bench.push(cutText.subarray(0, 9));
    bench.hasControl = false;
    expect(bench.push(Buffer.concat([cutText.subarray(9), key(1), update]))).toEqual(update);
    bench.hasControl = true;
    expect(bench.push(key(1))).toEqual(key(1));
  });

  test("the rest of a message that was dropped is dropped, whoever has the control by then", () => {
    const hidden = Buffer.concat([key(1), key(1)]);
    const text = Buffer.concat([bytes(6, 0, 0, 0, 0, 0, 0, hidden.length), hidden]);
    const bench = begun();
    bench.hasControl = false;
    expect(bench.push(text.subarray(0, 8))).toHaveLength(0);
    bench.hasControl = true;
    expect(bench.push(Buffer.concat([text.subarray(8), update]))).toEqual(update);
  });

  test("keys that are held are let go, and buttons where the pointer was", () => {
    const bench = begun();
    bench.push(Buffer.concat([key(1, 0xe1), key(1, 0x62), key(0, 0x62), qemuKey(1), pointer(5, 77)]));
    expect(bench.gate.letGo()).toEqual(Buffer.concat([key(0, 0xe1), qemuKey(0), pointer(0, 77)]));
    expect(bench.gate.letGo()).toHaveLength(0);
  });

  test("nothing is let go that is not held: the pointer stays where it is", () => {
    const bench = begun();
    bench.push(Buffer.concat([key(1), key(0), pointer(1), pointer(0, 40)]));
    // With Shift the same key has another keysym when it comes up.
    bench.push(Buffer.concat([qemuKey(1, 0x61), qemuKey(0, 0x41)]));
    expect(bench.gate.letGo()).toHaveLength(0);
  });

  test("keys that never passed are not let go", () => {
    const bench = begun();
    bench.hasControl = false;
    bench.push(Buffer.concat([key(1), pointer(1)]));
    expect(bench.gate.letGo()).toHaveLength(0);
  });

  test("more keys than a keyboard has do not pass", () => {
    const bench = begun();
    const wide = (down: number, keysym: number) => bytes(4, down, 0, 0, 0, 0, keysym >> 8, keysym & 255);
    const many = Buffer.concat(Array.from({ length: 300 }, (_, index) => wide(1, index)));
    expect(bench.push(many)).toHaveLength(256 * 8);
    expect(bench.gate.letGo()).toHaveLength(256 * 8);
  });

  test("after a pointer message whose length the display may see differently, nothing is written", () => {
    const bench = begun();
    bench.push(Buffer.concat([extendedPointer, key(1)]));
    expect(bench.gate.letGo()).toBeUndefined();
  });

  test("who is not understood cannot go on", () => {
    const bench = begun();
    bench.push(bytes(77));
    bench.hasControl = false;
    expect(() => bench.gate.letGo()).toThrowError(badRequest);
    expect(() => bench.push(update)).toThrowError(badRequest);
  });
});

test("a large clipboard in the smallest pieces takes no more than its share of time", () => {
  const bench = begun();
  const length = 40_000;
  const head = bytes(6, 0, 0, 0, length >> 24, length >> 16, length >> 8, length & 255);
  const text = Buffer.concat([head, Buffer.alloc(length, 0x61)]);
  expect(bench.push(text, 1)).toEqual(text);
});

describe("numbered input, which comes a second way too", () => {
  const numbered = (number: number, message: Buffer, tag = 1) =>
    Buffer.from(encodeInput({ tag, number, message }));
  const copy = (bench: Bench, number: number, message: Buffer) => bench.gate.copy(numbered(number, message));

  test.each(SIZES)("passes once, without its number, when it comes %i at a time", (size) => {
    const bench = begun();
    const stream = Buffer.concat([
      numbered(0, bytes()),
      numbered(1, key(1)),
      update,
      numbered(2, qemuKey(0)),
    ]);
    expect(bench.push(stream, size)).toEqual(Buffer.concat([key(1), update, qemuKey(0)]));
    expect(bench.inputs).toBe(2);
    expect(copy(bench, 2, qemuKey(0))).toHaveLength(0);
    expect(copy(bench, 3, key(0))).toEqual(key(0));
    expect(bench.push(numbered(3, key(0)), size)).toHaveLength(0);
  });

  test("is held by whatever way it came, and let go", () => {
    const bench = begun();
    bench.push(numbered(0, bytes()));
    copy(bench, 1, key(1, 0x61));
    bench.push(numbered(2, pointer(1)));
    expect(bench.gate.letGo()).toEqual(Buffer.concat([key(0, 0x61), pointer(0)]));
  });

  test("does not pass without the control, neither then nor when it is back", () => {
    const bench = begun();
    bench.push(numbered(0, bytes()));
    bench.hasControl = false;
    expect(copy(bench, 1, key(1))).toHaveLength(0);
    expect(copy(bench, 2, key(0))).toHaveLength(0);
    expect(bench.push(Buffer.concat([numbered(1, key(1)), update]))).toEqual(update);
    bench.hasControl = true;
    expect(copy(bench, 1, key(1))).toHaveLength(0);
    expect(bench.push(numbered(2, key(0)))).toEqual(key(0));
    expect(bench.inputs).toBe(1);
  });

  test("is nothing before the stream is understood, or when it is no input", () => {
    const bench = new Bench();
    expect(bench.gate.copy(numbered(0, key(1)))).toHaveLength(0);
    bench.push(Buffer.concat([HELLO, numbered(0, bytes())]));
    for (const junk of [bytes(), cutText, key(1), Buffer.alloc(20, 0xff), numbered(1, cutText)])
      expect(bench.gate.copy(junk)).toHaveLength(0);
    expect(copy(bench, 1, key(1))).toEqual(key(1));
  });

  test("ends the stream when it cannot be read there", () => {
    const bench = begun();
    expect(() => bench.push(numbered(1, cutText))).toThrow(badRequest);
  });
});

describe("a clipboard", () => {
  const [CAPS, REQUEST, NOTIFY, PROVIDE] = [24, 25, 27, 28];
  const extended = (action: number, body = bytes()) => {
    const head = Buffer.alloc(12);
    head.writeUInt8(6, 0);
    head.writeInt32BE(-(4 + body.length), 4);
    head.writeUInt32BE(((1 << action) | 1) >>> 0, 8);
    return Buffer.concat([head, body]);
  };
  const packed = (length: number) => {
    const text = Buffer.alloc(4 + length, 0x61);
    text.writeUInt32BE(length, 0);
    return extended(PROVIDE, deflateSync(text));
  };
  const plain = (length: number) =>
    Buffer.concat([
      bytes(6, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255),
      Buffer.alloc(length, 4),
    ]);
  const caps = extended(CAPS, bytes(0, 0, 0, 0));
  const gives = [cutText, extended(NOTIFY), packed(100)];
  const LIMIT = 262_144;

  class Clipboard {
    hasControl = true;
    inputs = 0;
    readonly refused: string[] = [];
    readonly gate: InputGate;

    constructor(clipboard: Partial<ClipboardPolicy>, hello = HELLO) {
      this.gate = new InputGate({
        hasControl: () => this.hasControl,
        onInput: () => {
          this.inputs += 1;
        },
        clipboard: { toGuest: true, fromGuest: true, ...clipboard },
        onRefused: (code) => void this.refused.push(code),
      });
      this.push(hello);
    }

    push(stream: Buffer, size = stream.length): Buffer {
      const out: Buffer[] = [];
      for (let at = 0; at < stream.length; at += size)
        out.push(this.gate.push(stream.subarray(at, at + size)));
      return Buffer.concat(out);
    }
  }

  test.each(SIZES)(
    "closed to what comes takes no text however it is sent, and keys go on, %i at a time",
    (size) => {
      const closed = new Clipboard({ toGuest: false });
      const stream = Buffer.concat([caps, ...gives.flatMap((one) => [one, key(1)]), extended(REQUEST)]);
      expect(closed.push(stream, size)).toEqual(
        Buffer.concat([caps, key(1), key(1), key(1), extended(REQUEST)]),
      );
      expect(closed.refused).toEqual(gives.map(() => "CLIPBOARD_CLOSED"));
      expect(closed.inputs).toBe(3);
    },
  );

  test("closed to what goes asks for nothing, and takes texts", () => {
    const closed = new Clipboard({ fromGuest: false });
    expect(closed.push(Buffer.concat([caps, extended(REQUEST), ...gives]))).toEqual(
      Buffer.concat([caps, ...gives]),
    );
    expect(closed.refused).toEqual(["CLIPBOARD_CLOSED"]);
  });

  test.each([{ toGuest: false }, { fromGuest: false }])(
    "closed (%o) lets nothing by that is read two ways",
    (policy) => {
      const closed = new Clipboard(policy);
      const copy = Buffer.from(encodeInput({ tag: 1, number: 1, message: extendedPointer }));
      closed.push(Buffer.from(encodeInput({ tag: 1, number: 0, message: bytes() })));
      expect(closed.push(Buffer.concat([extendedPointer, key(1)]))).toEqual(key(1));
      expect(closed.gate.copy(copy)).toHaveLength(0);
      // nothing is asked for whose answer cannot be read: JPEG, more buttons
      expect(closed.push(bytes(2, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0, 21, 0xff, 0xff, 0xfe, 0xc4))).toEqual(
        bytes(2, 0, 0, 1, 0, 0, 0, 7),
      );
      expect(() => closed.push(bytes(77))).toThrowError(badRequest);
      const deep = Buffer.concat([bytes(0, 0, 0, 0, 16, 16, 0, 1), Buffer.alloc(12)]);
      expect(() => new Clipboard(policy).push(deep)).toThrowError(badRequest);
      expect(() => new Clipboard(policy, Buffer.from("RFB 003.007\n"))).toThrowError(badRequest);
    },
  );

  test("takes no text that is too long, packed or not, and what comes after it is read", () => {
    const open = new Clipboard({});
    expect(open.push(plain(LIMIT))).toHaveLength(8 + LIMIT);
    expect(open.push(packed(LIMIT))).toEqual(packed(LIMIT));
    for (const long of [plain(LIMIT + 1), packed(LIMIT + 1), packed(50 * LIMIT)])
      expect(open.push(Buffer.concat([long, key(1)]), 50_000)).toEqual(key(1));
    expect(open.push(Buffer.concat([extended(PROVIDE, bytes(1, 2, 3)), key(1)]))).toEqual(key(1));
    expect(open.refused).toEqual([...Array.from({ length: 3 }, () => "CLIPBOARD_TOO_LARGE"), "BAD_REQUEST"]);
  });

  test("is asked by who only watches, too, and that is no use of the session; given it is not", () => {
    const open = new Clipboard({});
    open.hasControl = false;
    expect(open.push(Buffer.concat([caps, extended(REQUEST), ...gives]))).toEqual(
      Buffer.concat([caps, extended(REQUEST)]),
    );
    expect([open.inputs, open.refused]).toEqual([0, []]);
  });
});
