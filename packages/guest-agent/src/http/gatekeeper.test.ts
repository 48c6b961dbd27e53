import { describe, expect, test } from "vitest";
import { VmIdentity } from "../vm-identity.ts";
import { type Knock, plainAddress, refusalOf } from "./gatekeeper.ts";

const identity = new VmIdentity();
identity.learn({ vmId: "vm_a", nonce: "nonce", token: "token" });
const authorization = "Bearer token";
const host = "192.168.100.7:8080";

const knock = (over: Partial<Knock> = {}): Knock => ({
  method: "GET",
  path: "/health",
  headers: { host, authorization },
  localAddress: "192.168.100.7",
  ...over,
});

describe("who may enter", () => {
  test("the host with its token, anyone for the nonce", () => {
    expect(refusalOf(knock(), identity)).toBeUndefined();
    expect(refusalOf(knock({ path: "/nonce", headers: { host } }), identity)).toBeUndefined();
  });

  test.each([
    ["a page that rebound its own name", { headers: { host: "evil.example:8080", authorization } }, 403],
    ["no Host", { headers: { authorization } }, 403],
    ["another port in Host", { headers: { host: "192.168.100.7", authorization } }, 403],
    ["another address in Host", { headers: { host: "192.168.100.8:8080", authorization } }, 403],
    [
      "a page that says its Origin",
      { headers: { host, authorization, origin: "http://192.168.100.7:8080" } },
      403,
    ],
    [
      "a page on the guest's loopback",
      { localAddress: "127.0.0.1", headers: { host: "127.0.0.1:8080", authorization } },
      403,
    ],
    ["a rebound name, for the nonce too", { path: "/nonce", headers: { host: "evil.example" } }, 403],
    ["no token", { headers: { host } }, 401],
    ["a wrong token", { headers: { host, authorization: "Bearer tokem" } }, 401],
    ["a token that is not a bearer's", { headers: { host, authorization: "Basic token" } }, 401],
    ["another method", { method: "POST" }, 405],
    ["the nonce with a query", { path: "/nonce?x", headers: { host } }, 401],
  ] satisfies Array<[string, Partial<Knock>, number]>)("not: %s", (_who, over, status) => {
    expect(refusalOf(knock(over), identity)).toMatchObject({ status });
  });

  test("files are read, written and removed, and nothing else is", () => {
    for (const method of ["GET", "PUT", "DELETE"])
      expect(refusalOf(knock({ method, path: "/files?path=a" }), identity)).toBeUndefined();
    expect(refusalOf(knock({ method: "PUT", path: "/health" }), identity)).toMatchObject({ status: 405 });
    expect(refusalOf(knock({ path: "/files?path=a", headers: { host } }), identity)).toMatchObject({
      status: 401,
    });
  });

  test("nobody before hello", () => {
    expect(refusalOf(knock({ path: "/nonce" }), new VmIdentity())).toMatchObject({ status: 503 });
  });
});

test("an IPv4 address on a dual-stack socket is the plain address", () => {
  expect(plainAddress("::ffff:192.168.100.7")).toBe("192.168.100.7");
  expect(plainAddress(undefined)).toBe("");
});
