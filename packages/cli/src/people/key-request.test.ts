import { describe, expect, test } from "vitest";
import { keyRequest } from "./key-request.ts";

describe("keyRequest", () => {
  test.each([
    [{}, {}],
    [{ admin: true }, { role: "admin" }],
    [{ scope: ["sessions:read", "pools:*"] }, { scopes: ["sessions:read", "pools:*"] }],
    [
      { project: "web", expires: 60 },
      { project: "web", ttlSeconds: 60 },
    ],
    [{ allProjects: true }, { project: null }],
  ])("of %j asks for %j", (options, wanted) => {
    expect(keyRequest("ci", options)).toEqual({ name: "ci", ...wanted });
  });

  test.each([
    [{ scope: ["sessions:fly"] }],
    [{ scope: ["sessions:read"], admin: true }],
    [{ project: "web", allProjects: true }],
  ])("refuses %j", (options) => {
    expect(() => keyRequest("ci", options)).toThrowError(expect.objectContaining({ code: "BAD_REQUEST" }));
  });
});
