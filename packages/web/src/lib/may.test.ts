import { LINK_GRANTS, type Me, ROLE_GRANTS, type Role, scopesOf } from "@browservm/contract";
import { expect, test } from "vitest";
import { may } from "./may.ts";

const me = (role: Role | "link"): Me => ({
  role,
  scopes: [...scopesOf(role === "link" ? LINK_GRANTS : ROLE_GRANTS[role])],
  person: null,
  project: null,
  csrfToken: null,
  version: "0.1.0",
  publicUrl: "http://127.0.0.1:4000",
});

test("each may do what their scopes say, and nobody may before the API has said who it is", () => {
  expect(may(me("admin"), "audit:read")).toBe(true);
  expect(may(me("member"), "audit:read")).toBe(false);
  expect(may(me("member"), "connections:write")).toBe(true);
  expect(may(me("viewer"), "connections:write")).toBe(false);
  expect(may(me("viewer"), "connections:read")).toBe(true);
  expect(may(me("link"), "sessions:read")).toBe(false);
  expect(may(me("link"), "sessions:view")).toBe(true);
  expect(may(null, "sessions:view")).toBe(false);
});
