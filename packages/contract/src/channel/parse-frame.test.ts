import { describe, expect, test } from "vitest";
import { CHANNEL_LIMITS } from "../guest/calls.ts";
import { encodeFrame, isDeeperThan, parseFrame } from "./parse-frame.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseFrame(bytes(text));

describe("parseFrame", () => {
  test.each([
    ['{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1}}', { id: 1, method: "m", params: { a: 1 } }],
    ['{"jsonrpc":"2.0","method":"m","params":{}}', { method: "m", params: {} }],
    ['{"jsonrpc":"2.0","id":1,"result":null}', { id: 1, result: null }],
    [
      '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}',
      { id: 1, error: { code: -1, message: "no" } },
    ],
  ])("takes %s", (line, frame) => {
    expect(parse(line)).toEqual({ jsonrpc: "2.0", ...frame });
  });

  test.each([
    ["", "not JSON"],
    ["{", "not JSON"],
    ['"text"', "not a JSON-RPC frame"],
    ["null", "not a JSON-RPC frame"],
    ['[{"jsonrpc":"2.0","id":1,"result":1}]', "not a JSON-RPC frame"],
    ['{"jsonrpc":"1.0","id":1,"result":1}', "not a JSON-RPC frame"],
    ['{"jsonrpc":"2.0","id":"1","result":1}', "not a JSON-RPC frame"],
    ['{"jsonrpc":"2.0","id":-1,"result":1}', "not a JSON-RPC frame"],
    ['{"jsonrpc":"2.0","id":1,"result":1,"more":1}', "not a JSON-RPC frame"],
    ['{"jsonrpc":"2.0","id":1,"result":{"__proto__":{"polluted":1}}}', "names a prototype"],
    ['{"jsonrpc":"2.0","id":1,"result":{"\\u005f_proto__":{"polluted":1}}}', "names a prototype"],
  ])("refuses %s", (line, why) => {
    expect(() => parse(line)).toThrow(why);
  });

  test("refuses bytes that are not UTF-8", () => {
    expect(() => parseFrame(Uint8Array.of(0x22, 0xff, 0xfe, 0x22))).toThrow("not JSON");
  });

  test("the word __proto__ as a value is only text", () => {
    expect(parse('{"jsonrpc":"2.0","id":1,"result":"__proto__"}')).toMatchObject({ result: "__proto__" });
  });

  test("a nested bomb as long as a line may be is refused, and fast", () => {
    const bomb = bytes("[".repeat(CHANNEL_LIMITS.lineBytes));
    const start = performance.now();
    expect(() => parseFrame(bomb)).toThrow("nested too deeply");
    expect(performance.now() - start).toBeLessThan(50);
  });
});

describe("isDeeperThan", () => {
  const nested = (levels: number) => bytes("[".repeat(levels) + "]".repeat(levels));

  test("counts open brackets at one time, not brackets", () => {
    expect(isDeeperThan(nested(32), 32)).toBe(false);
    expect(isDeeperThan(nested(33), 32)).toBe(true);
    expect(isDeeperThan(bytes(`[${"[],".repeat(500)}1]`), 32)).toBe(false);
  });

  test("brackets in strings do not count, and escapes do not end a string early", () => {
    expect(isDeeperThan(bytes(`"${"[".repeat(100)}"`), 32)).toBe(false);
    expect(isDeeperThan(bytes(`"\\"${"[".repeat(100)}"`), 32)).toBe(false);
    expect(isDeeperThan(bytes(`"\\\\"${"[".repeat(100)}`), 32)).toBe(true);
  });
});

test("encodeFrame refuses what the other side would not read", () => {
  const result = "x".repeat(CHANNEL_LIMITS.lineBytes);
  expect(() => encodeFrame({ jsonrpc: "2.0", id: 1, result })).toThrow("longer than the channel takes");
});
