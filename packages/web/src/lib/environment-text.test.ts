import { expect, test } from "vitest";
import { parseEnvironment } from "./environment-text.ts";

test("values keep their spaces, quotes and equal signs", () => {
  const parsed = parseEnvironment('LANG=de_DE.UTF-8\n# a remark\n\nGREETING=he said "a=b # c"\r\n');
  expect(parsed).toEqual({
    ok: true,
    environment: { LANG: "de_DE.UTF-8", GREETING: 'he said "a=b # c"' },
  });
});

test("a line without an equal sign is named by its number", () => {
  expect(parseEnvironment("A=1\nnonsense")).toMatchObject({
    ok: false,
    problem: expect.stringMatching("Line 2"),
  });
});

test("a name that no environment takes is named", () => {
  expect(parseEnvironment("9LIVES=1")).toMatchObject({ ok: false, problem: expect.stringMatching("9LIVES") });
});
