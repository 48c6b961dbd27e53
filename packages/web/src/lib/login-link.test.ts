import { expect, test } from "vitest";
import { readLoginLink } from "./login-link.ts";

test("a link may lead to one session", () => {
  const next = "/sessions/ses_abcdefghijklmnopqrst";
  expect(readLoginLink(`#token=t1&next=${next}`)).toEqual({ token: "t1", next });
});

test("a link leads nowhere but to our own pages", () => {
  for (const next of [
    "//evil.example",
    "https://evil.example",
    "/sessions/../../x",
    "/v1/me",
    "javascript:1",
  ])
    expect(readLoginLink(`#token=t1&next=${encodeURIComponent(next)}`)).toEqual({ token: "t1", next: "/" });
});

test("without a token there is no link", () => {
  expect(readLoginLink("")).toBeNull();
  expect(readLoginLink("#token=")).toBeNull();
});
