import { expect, test } from "vitest";
import { parseFakePlan } from "./plan.ts";

test("a command line without fake words is a healthy guest without a browser or a network", () => {
  expect(parseFakePlan("console=ttyS0 quiet")).toEqual({
    boot: "ok",
    bootMs: 0,
    agent: "honest",
    console: "quiet",
    net: "none",
    tap: "firecracker",
    nonce: "true",
    browser: "none",
    stubborn: "no",
    freeze: "ok",
    restore: "ok",
    identity: "ok",
  });
});

test("fake words plan the guest's life", () => {
  expect(
    parseFakePlan("fake.boot=panic fake.bootMs=20 quiet fake.http=127.0.0.1:8080 fake.nonce=lie"),
  ).toMatchObject({
    boot: "panic",
    bootMs: 20,
    http: "127.0.0.1:8080",
    nonce: "lie",
  });
});

test("words of a restored guest change its plan, and what they do not name stays", () => {
  const frozen = parseFakePlan("fake.net=stack fake.bootMs=20");
  expect(parseFakePlan("console=ttyS0 fake.bootMs=0", frozen)).toEqual({ ...frozen, bootMs: 0 });
});

test.each(["fake.boot=explode", "fake.unknown=1", "fake.bootMs=-4"])("%s is refused", (words) => {
  expect(() => parseFakePlan(words)).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
});
