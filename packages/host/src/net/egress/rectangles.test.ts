import { describe, expect, test } from "vitest";
import { disjoint, type Rectangle, without } from "./rectangles.ts";

const one = (first: number, last: number, from = 0, to = 65_535): Rectangle => ({
  first,
  last,
  ports: { from, to },
});

describe("pieces that do not overlap", () => {
  test.each<[string, Rectangle[], Rectangle[]]>([
    ["nothing", [], []],
    ["the same twice", [one(1, 9), one(1, 9)], [one(1, 9)]],
    ["a network within another", [one(1, 9), one(3, 5)], [one(1, 9)]],
    ["neighbours", [one(1, 4), one(5, 9)], [one(1, 9)]],
    [
      "networks that overlap, with other ports",
      [one(1, 6, 80, 80), one(4, 9, 443, 443)],
      [one(1, 3, 80, 80), one(4, 6, 80, 80), one(4, 6, 443, 443), one(7, 9, 443, 443)],
    ],
    ["ports that meet", [one(1, 2, 10, 20), one(1, 2, 21, 30), one(1, 2, 15, 40)], [one(1, 2, 10, 40)]],
    [
      "one address of a network for all ports",
      [one(1, 9, 80, 80), one(5, 5)],
      [one(1, 4, 80, 80), one(5, 5), one(6, 9, 80, 80)],
    ],
    ["the last address there is", [one(2 ** 32 - 2, 2 ** 32 - 1)], [one(2 ** 32 - 2, 2 ** 32 - 1)]],
  ])("%s", (_words, given, pieces) => {
    expect(disjoint(given)).toEqual(pieces);
  });

  test("say of every address and port what the given ones say, however they lie", () => {
    const random = (seed: number, most: number) => Math.floor(Math.abs(Math.sin(seed) * 1e6) % most);
    const given = Array.from({ length: 60 }, (_, index) => {
      const first = random(index, 40);
      const from = random(index + 99, 40);
      return one(first, first + random(index + 7, 9), from, from + random(index + 55, 9));
    });
    const pieces = disjoint(given);
    const covering = (all: readonly Rectangle[], ip: number, port: number) =>
      all.filter((r) => r.first <= ip && ip <= r.last && r.ports.from <= port && port <= r.ports.to).length;
    for (let ip = 0; ip < 50; ip++)
      for (let port = 0; port < 50; port++)
        expect(covering(pieces, ip, port)).toBe(Math.min(1, covering(given, ip, port)));
  });
});

test.each<[string, Rectangle, Rectangle[]]>([
  ["around", one(0, 100), [one(0, 9), one(20, 29), one(41, 100)]],
  ["at an edge", one(15, 25), [one(20, 25)]],
  ["wholly within", one(12, 18), []],
  ["beside", one(50, 60), [one(50, 60)]],
])("a network without spans that lie %s", (_words, given, left) => {
  const spans = [
    { first: 10, last: 19 },
    { first: 30, last: 40 },
  ];
  expect(without(given, spans)).toEqual(left);
});
