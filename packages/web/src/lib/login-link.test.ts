import { expect, test } from "vitest";
import { readLoginLink } from "./login-link.ts";

test("a link may lead to one session", () => {
  const next = "/sessions/ses_abcdefghijklmnopqrst";
  expect(readLoginLink(`#token=t1&next=${next}`)).toEqual({ is: "token", token: "t1", next });
});

test("a link leads nowhere but to our own pages", () => {
  for (const next of [
    "//evil.example",
    "https://evil.example",
    "/sessions/../../x",
    "/v1/me",
    "javascript:1",
  ])
    expect(readLoginLink(`#token=t1&next=${encodeURIComponent(next)}`)).toEqual({
      is: "token",
      token: "t1",
      next: "/",
    });
});

test("without a token there is no link", () => {
  expect(readLoginLink("")).toBeNull();
  expect(readLoginLink("#token=")).toBeNull();
});

test("an invitation, and a problem that is one of ours, are read too", () => {
  expect(readLoginLink("#invitation=bvi_x")).toEqual({ is: "invitation", token: "bvi_x" });
  expect(readLoginLink("#problem=OIDC_REFUSED")).toMatchObject({ error: { code: "OIDC_REFUSED" } });
  expect(readLoginLink("#problem=<b>Pay here</b>")).toBeNull();
});
