import { describe, expect, test } from "vitest";
import { HOST_CHECKS, VM_CHECKS } from "../../packages/host/src/doctor/checks.ts";
import { FAULTS, faultNamed, PAIRS } from "./faults.ts";
import { HARMLESS } from "./harmless.ts";

const CODES = new Set([...HOST_CHECKS, ...VM_CHECKS].map(({ code }) => code));

describe("the table of faults", () => {
  test("has a name of its own for every row", () => {
    const names = [...FAULTS, ...HARMLESS].map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test("expects only what some check can say", () => {
    const expected = FAULTS.flatMap(({ expect: { code, also = [], symptoms = [] } }) => [
      code,
      ...also,
      ...symptoms,
    ]);
    expect(expected.filter((code) => !CODES.has(code))).toEqual([]);
  });

  test("is as large as promised", () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(60);
    expect(PAIRS.length).toBeGreaterThanOrEqual(10);
    for (const name of ["vector-a", "vector-b", "vector-c"]) expect(faultNamed(name).fast).toBe(true);
  });

  test("pairs faults that are independent", () => {
    for (const pair of PAIRS) {
      const [one, other] = pair.map(faultNamed);
      expect(one?.expect.code).not.toBe(other?.expect.code);
    }
    expect(() => faultNamed("no-such-fault")).toThrow("no fault is called");
  });
});
