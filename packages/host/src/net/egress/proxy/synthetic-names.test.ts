import { expect, test } from "vitest";
import { SyntheticNames } from "./synthetic-names.ts";

test("a name has one address, which means it to its guest only", () => {
  const names = new SyntheticNames();
  const [one, other] = [names.addressOf("g1", "a.example"), names.addressOf("g1", "b.example")];
  expect([one, other]).toEqual(["198.18.0.1", "198.18.0.2"]);
  expect(names.addressOf("g1", "a.example")).toBe(one);
  expect(names.addressOf("g2", "z.example")).toBe(one);
  expect([names.nameOf("g1", one), names.nameOf("g2", one)]).toEqual(["a.example", "z.example"]);
  expect([names.nameOf("g2", other), names.nameOf("g3", one), names.nameOf("g1", "198.18.0.0")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(names.nameOf("g1", "203.0.113.1")).toBeUndefined();
});

test("of too many the one that was asked for longest ago is forgotten, and its address comes again last", () => {
  const names = new SyntheticNames();
  const first = names.addressOf("g", "name-0");
  const second = names.addressOf("g", "name-1");
  for (let index = 2; index < 8192; index += 1) names.addressOf("g", `name-${index}`);
  names.addressOf("g", "name-0"); // asked for again
  const fresh = names.addressOf("g", "one-more");
  expect(names.nameOf("g", first)).toBe("name-0");
  expect(names.nameOf("g", second)).toBeUndefined();
  expect([first, second]).not.toContain(fresh);
  // An address is somebody else's only after the whole range.
  const later = Array.from({ length: 20_000 }, (_, index) => names.addressOf("g", `later-${index}`));
  expect(new Set([first, second, fresh, ...later]).size).toBe(20_003);
});

test("of a guest that is no more nothing is kept", () => {
  const names = new SyntheticNames();
  const ip = names.addressOf("g1", "a.example");
  names.addressOf("g2", "b.example");
  names.keepOnly(new Set(["g2"]));
  expect([names.nameOf("g1", ip), names.nameOf("g2", ip)]).toEqual([undefined, "b.example"]);
});
