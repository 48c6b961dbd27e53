import { expect, test } from "vitest";
import { may } from "./may.ts";

const me = (role: "admin" | "user" | "view") => ({ role, csrfToken: null, version: "0", publicUrl: "" });

test("administrators may do all, others not what is about the whole machine, and links nothing of it", () => {
  expect(may(me("admin"), "audit:read")).toBe(true);
  expect(may(me("user"), "connections:write")).toBe(true);
  expect(may(me("user"), "audit:read")).toBe(false);
  expect(may(me("view"), "connections:read")).toBe(false);
});

test("nobody may do anything before it is known who it is", () => {
  expect(may(null, "sessions:read")).toBe(false);
});
