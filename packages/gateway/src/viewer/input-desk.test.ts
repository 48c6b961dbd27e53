import { encodeInput, encodeMove } from "@browservm/contract";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InputDesk } from "./input-desk.ts";

const key = new Uint8Array([4, 1, 0, 0, 0, 0, 0, 0x61]);
const pointerAt = (x: number, y: number) => new Uint8Array([5, 0, x >> 8, x & 255, y >> 8, y & 255]);
const typed = (message: Uint8Array = key) => Buffer.from(encodeInput({ tag: 1, number: 1, message }));
const moved = (x: number, y: number) =>
  Buffer.from(encodeMove({ tag: 1, after: 1, order: 1, message: pointerAt(x, y) }));

beforeEach(() => vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => vi.useRealTimers());

function desk({ canControl = true, hasSize = true } = {}) {
  const [sent, refused]: [Buffer[], string[]] = [[], []];
  const made = new InputDesk({
    canControl,
    send: (message) => sent.push(message),
    refused: (code) => refused.push(code),
    size: () => (hasSize ? { width: 1280, height: 720 } : undefined),
  });
  return { desk: made, sent, refused };
}

describe("input over data channels", () => {
  test("goes on to the controller as it is, after a byte that says what it is", () => {
    const f = desk();
    f.desk.take(typed());
    f.desk.take(moved(1279, 719));
    expect(f.sent).toEqual([
      Buffer.concat([Buffer.from([32]), typed()]),
      Buffer.from([32, ...moved(1279, 719)]),
    ]);
    expect(f.refused).toEqual([]);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["junk", Buffer.alloc(20, 0xff)],
    ["a step", typed(new Uint8Array())],
    ["clipboard", typed(new Uint8Array([6, 0, 0, 0, 0, 0, 0, 0]))],
    ["two messages", Buffer.concat([typed(), typed()])],
    ["a pointer beside the screen", moved(1280, 0)],
    ["a click below the screen", typed(pointerAt(0, 720))],
  ])("is refused when it is %s", (_, bytes) => {
    const f = desk();
    f.desk.take(bytes);
    expect([f.sent, f.refused]).toEqual([[], ["BAD_REQUEST"]]);
  });

  test("may be anywhere while the size of the screen is not known", () => {
    const f = desk({ hasSize: false });
    f.desk.take(moved(9000, 9000));
    expect(f.sent).toHaveLength(1);
  });

  test("is refused to who may only look, and that is said once a second", () => {
    const f = desk({ canControl: false });
    for (let tick = 0; tick < 30; tick += 1) {
      f.desk.take(typed());
      vi.advanceTimersByTime(100);
    }
    expect([f.sent, f.refused]).toEqual([[], ["CONTROL_REFUSED", "CONTROL_REFUSED", "CONTROL_REFUSED"]]);
  });

  test("that floods is cut to what a person can do, and passes again afterwards", () => {
    const f = desk();
    for (let number = 0; number < 100_000; number += 1) f.desk.take(typed());
    expect(f.sent).toHaveLength(300);
    expect(f.refused).toEqual(["TOO_MUCH_INPUT"]);
    vi.advanceTimersByTime(1000);
    f.desk.take(typed());
    expect(f.sent).toHaveLength(301);
  });
});
