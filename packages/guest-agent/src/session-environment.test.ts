import { expect, test } from "vitest";
import { parseSessionEnvironment, readSessionEnvironment } from "./session-environment.ts";

test.each([
  ['A="plain"', { A: "plain" }],
  ["A=\"spaces and # and = and 'quotes'\"", { A: "spaces and # and = and 'quotes'" }],
  ['A="a \\"b\\" \\$c \\\\d \\`e\\`"', { A: 'a "b" $c \\d `e`' }],
  ['A=""\nB="2"', { A: "", B: "2" }],
  ["A=bare value", { A: "bare value" }],
  ["# comment\n\n  \nA=1", { A: "1" }],
  ['A="never ended\nB="2"', { B: "2" }],
  ["1A=x\nA-B=x\n=x\nA", {}],
  ['__proto__="polluted"', Object.fromEntries([["__proto__", "polluted"]])],
])("%j", (text, settings) => {
  expect(parseSessionEnvironment(text)).toEqual(settings);
});

test("no file means no settings", async () => {
  expect(await readSessionEnvironment("/nonexistent/session.env")).toEqual({});
});
