import { ApiKey, Person } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import {
  EMPTY_KEY,
  keyFacts,
  keyProblems,
  keyRequest,
  keyState,
  oldSecretFacts,
  personFacts,
} from "./people-view.ts";
import { at, NOW } from "./testing/session-facts.ts";

const key = (over: Partial<ApiKey> = {}): ApiKey =>
  ApiKey.parse({
    id: `key_${"a".repeat(20)}`,
    name: "ci",
    prefix: "bvm_abcdef",
    scopes: ["sessions:read"],
    project: "default",
    owner: null,
    createdAt: at(-100),
    expiresAt: null,
    lastUsedAt: null,
    old: null,
    ...over,
  });
const OWNER = { id: `per_${"a".repeat(20)}` as never, name: "Ann", disabled: true };

describe("a key", () => {
  test.each([
    [{}, "good"],
    [{ expiresAt: at(-1) }, "expired"],
    [{ expiresAt: at(1) }, "good"],
    [{ owner: OWNER }, "dormant"],
  ] as const)("%j is %s", (over, state) => {
    expect(keyState(key(over), NOW)).toBe(state);
  });

  test("is told in a line", () => {
    expect(keyFacts(key(), NOW)).toBe("project default, not used yet");
    const busy = key({ project: null, owner: OWNER, expiresAt: at(120), lastUsedAt: at(-30) });
    expect(keyFacts(busy, NOW)).toBe("all projects, of Ann, 2 min left, used 30 s ago");
  });

  test("tells of its old secret as long as that works", () => {
    const old = { prefix: "bvm_old", until: at(60), lastUsedAt: null };
    expect(oldSecretFacts(key({ old }), NOW)).toBe(
      "The old secret bvm_old… works for 1 min more; nobody uses it.",
    );
    expect(oldSecretFacts(key({ old: { ...old, until: at(-1) } }), NOW)).toBeNull();
  });

  test("is asked for as its form says", () => {
    expect(keyProblems(EMPTY_KEY)).toEqual({ name: "Say what it is for." });
    expect(Object.keys(keyProblems({ ...EMPTY_KEY, preset: "custom", project: "A b" }))).toEqual([
      "name",
      "scopes",
      "project",
    ]);
    const draft = { ...EMPTY_KEY, name: " ci ", preset: "look", project: "", ttlSeconds: 0 };
    expect(keyRequest(draft)).toEqual({ name: "ci", scopes: ["sessions:read"], project: null });
  });
});

test("a person is told in a line", () => {
  const person = Person.parse({
    id: `per_${"a".repeat(20)}`,
    name: "Ann",
    email: "ann@example.org",
    role: "member",
    disabled: false,
    hasPassword: true,
    hasOidc: true,
    createdAt: at(-1000),
    lastSignInAt: at(-60),
  });
  expect(personFacts(person, NOW)).toBe("ann@example.org, password and OpenID, signed in 1 min ago");
});
