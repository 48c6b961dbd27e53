import type { NumberedInput, NumberedMove } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { NumberedOrder } from "./numbered-order.ts";

const TAG = 7;
const letter = (at: number) => Buffer.from([4, 1, 0, 0, 0, 0, 0, at]);
const place = (at: number) => Buffer.from([5, 0, 0, at, 0, 0]);
const input = (number: number, message: Uint8Array = letter(number), tag = TAG): NumberedInput => ({
  kind: "input",
  tag,
  number,
  message,
});
const step = (number: number) => input(number, Buffer.alloc(0));
const move = (after: number, order: number): NumberedMove => ({
  kind: "move",
  tag: TAG,
  after,
  order,
  message: place(order),
});
const last = (messages: readonly Uint8Array[]) =>
  messages.map((bytes) => (bytes[0] === 4 ? bytes[7] : `m${bytes[3]}`));

function begun(): NumberedOrder {
  const order = new NumberedOrder();
  order.fromConnection(step(0));
  return order;
}

describe("numbered input", () => {
  test("is done when its first copy comes, and not again", () => {
    const order = begun();
    expect(last(order.fromChannel(input(1)))).toEqual([1]);
    expect(order.fromChannel(input(1))).toEqual([]);
    expect(order.fromConnection(input(1))).toEqual([]);
    expect(last(order.fromConnection(input(2)))).toEqual([2]);
    expect(order.fromChannel(input(2))).toEqual([]);
  });

  test("that is ahead waits for what is missing, by whatever way that comes", () => {
    const order = begun();
    expect(order.fromChannel(input(3))).toEqual([]);
    expect(order.fromChannel(input(2))).toEqual([]);
    expect(last(order.fromConnection(input(1)))).toEqual([1, 2, 3]);
    expect(order.fromConnection(input(2))).toEqual([]);
  });

  test("does not overtake a step, which the connection alone brings", () => {
    const order = begun();
    expect(order.fromChannel(input(2))).toEqual([]);
    expect(last(order.fromConnection(step(1)))).toEqual([2]);
  });

  test("of another connection, or of none yet, is nobody's", () => {
    const fresh = new NumberedOrder();
    expect(fresh.fromChannel(input(0))).toEqual([]);
    const order = begun();
    expect(order.fromChannel(input(1, letter(1), 8))).toEqual([]);
    order.fromConnection(input(0, Buffer.alloc(0), 8));
    expect(order.fromChannel(input(1))).toEqual([]);
    expect(last(order.fromChannel(input(1, letter(1), 8)))).toEqual([1]);
  });

  test("keeps a bounded number of what is ahead, and loses none of it", () => {
    const order = begun();
    for (let number = 2; number < 5000; number += 1) order.fromChannel(input(number));
    expect(last(order.fromConnection(input(1)))).toHaveLength(65);
    const rest = Array.from({ length: 4998 }, (_, at) => last(order.fromConnection(input(at + 2))));
    expect(rest.flat()).toHaveLength(4998 - 64);
  });
});

describe("a move", () => {
  test("counts when it is newer than all moves before", () => {
    const order = begun();
    expect(last(order.fromChannel(move(1, 5)))).toEqual(["m5"]);
    expect(order.fromChannel(move(1, 4))).toEqual([]);
    expect(order.fromChannel(move(1, 5))).toEqual([]);
    expect(last(order.fromChannel(move(1, 6)))).toEqual(["m6"]);
  });

  test("never comes after what was done later, and waits for what was done before", () => {
    const order = begun();
    expect(order.fromChannel(move(2, 1))).toEqual([]);
    expect(order.fromChannel(move(2, 2))).toEqual([]);
    expect(last(order.fromConnection(input(1)))).toEqual([1, "m2"]);
    expect(order.fromChannel(move(1, 9))).toEqual([]);
    expect(last(order.fromConnection(input(2)))).toEqual([2]);
    expect(order.fromChannel(move(2, 10))).toEqual([]);
  });
});

test("whatever is lost, doubled or late on the channels, each key comes once and in order", () => {
  for (let round = 0; round < 50; round += 1) {
    const order = begun();
    const [done, arrivals]: [number[], [number, () => Uint8Array[]][]] = [[], []];
    for (let number = 1; number <= 200; number += 1) {
      // The connection keeps its order; copies come at any time, often or never.
      arrivals.push([number * 2, () => order.fromConnection(input(number))]);
      for (let copy = Math.random() * 3; copy > 1; copy -= 1)
        arrivals.push([number * 2 - 8 + Math.random() * 16, () => order.fromChannel(input(number))]);
      arrivals.push([Math.random() * 400, () => order.fromChannel(move(number, number)).slice(1)]);
    }
    for (const [, arrive] of arrivals.toSorted(([a], [b]) => a - b))
      for (const message of arrive()) if (message[0] === 4) done.push(message[7] ?? 0);
    expect(done).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
  }
});
