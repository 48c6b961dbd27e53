import { expect, test } from "vitest";
import { fromCdp, isSentTo, toCdp } from "./cookies.ts";

const cookie = {
  name: "sid",
  value: "v",
  path: "/a",
  expires: -1,
  httpOnly: true,
  secure: true,
  session: true,
};

test.each([
  ["https://a.example", ".a.example", true],
  ["https://www.a.example", ".a.example", true],
  ["https://www.a.example", "a.example", false],
  ["https://a.example", "a.example", true],
  ["https://evila.example", ".a.example", false],
  ["https://a.example", "www.a.example", false],
  ["http://a.example", "a.example", false],
  ["http://localhost:8080", "localhost", true],
  ["https://[::1]:8443", "[::1]", true],
])("whether %s is sent a secure cookie of %s", (origin, domain, isSent) => {
  expect(isSentTo(origin, { domain, secure: true })).toBe(isSent);
});

test("a cookie of one host stays that host's own, one of a domain that domain's", () => {
  const host = fromCdp({ ...cookie, domain: "a.example", sameSite: "Lax" });
  expect(host).toEqual({
    ...{ name: "sid", value: "v", domain: "a.example", path: "/a", secure: true, httpOnly: true },
    sameSite: "Lax",
  });
  expect(toCdp(host)).toEqual({
    ...{ name: "sid", value: "v", url: "https://a.example/a", path: "/a", secure: true, httpOnly: true },
    sameSite: "Lax",
  });
  const wide = fromCdp({ ...cookie, domain: ".a.example", secure: false, session: false, expires: 2e9 });
  expect(wide).toMatchObject({ expires: 2e9 });
  expect(toCdp(wide)).toMatchObject({ url: "http://a.example/a", domain: ".a.example", expires: 2e9 });
});
