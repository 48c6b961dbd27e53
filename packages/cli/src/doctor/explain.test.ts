import { describe, expect, test } from "vitest";
import { describeCheck, everyCheck, findCheck } from "./explain.ts";

const checks = await everyCheck();

describe("every check", () => {
  test("has a code of its own", () => {
    const codes = checks.map(({ code }) => code);
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
    expect(codes.filter((code) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(code))).toEqual([]);
  });

  test("explains what a person sees, why, how it is proved, and what to do", () => {
    const poor = checks.filter(({ explanation: { symptom, cause, evidence, fix } }) =>
      [symptom, cause, evidence, fix.text, fix.risk].some((words) => words.trim() === ""),
    );
    expect(poor.map(({ code }) => code)).toEqual([]);
  });

  test("depends on checks that exist", () => {
    const codes = new Set(checks.map(({ code }) => code));
    const wrong = checks.flatMap(({ code, dependsOn }) =>
      dependsOn.filter((other) => !codes.has(other)).map((other) => `${code} → ${other}`),
    );
    expect(wrong).toEqual([]);
  });
});

test("a code is explained in words", () => {
  const words = describeCheck(findCheck(checks, "tun-device"));
  expect(words).toContain("tun-device  (host)");
  expect(words).toMatch(/you see {3}no TAP can be made/);
  expect(words).toContain("    modprobe tun");
});

test.each([
  ["tun-devise", "tun-device"],
  ["disk", "disk-space"],
  ["hostd-runing", "hostd-running"],
])("a misspelt %s is answered with what is near", (wrong, right) => {
  expect(() => findCheck(checks, wrong)).toThrow(
    expect.objectContaining({ code: "CHECK_NOT_FOUND", details: { near: expect.arrayContaining([right]) } }),
  );
});

test("nothing is near to nonsense", () => {
  expect(() => findCheck(checks, "\u001b[31mqqqqqqqqqqqqqqqq")).toThrow(
    expect.objectContaining({ details: { near: [] } }),
  );
});
