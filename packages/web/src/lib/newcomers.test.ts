import { expect, test } from "vitest";
import { Newcomers } from "./newcomers.ts";

test("what the first look shows was there before", () => {
  expect(new Newcomers().observe(["a"], 0).size).toBe(0);
});

test("what appears later is new for four seconds, however often one looks", () => {
  const newcomers = new Newcomers();
  newcomers.observe(["a"], 0);
  expect([...newcomers.observe(["a", "b"], 1000)]).toEqual(["b"]);
  expect([...newcomers.observe(["a", "b"], 1200)]).toEqual(["b"]);
  expect(newcomers.observe(["a", "b"], 5001).size).toBe(0);
});

test("what went away and came back is new again", () => {
  const newcomers = new Newcomers();
  newcomers.observe(["a"], 0);
  newcomers.observe([], 1000);
  expect([...newcomers.observe(["a"], 2000)]).toEqual(["a"]);
});
