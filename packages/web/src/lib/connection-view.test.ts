import { expect, test } from "vitest";
import { connectionName, expiryWords, findConnections } from "./connection-view.ts";
import { waysToUse } from "./connection-ways.ts";
import { formatSpan } from "./format.ts";
import { connectionFact } from "./testing/connection-facts.ts";
import { at, NOW } from "./testing/session-facts.ts";

const ALL = [
  connectionFact(),
  connectionFact({ provider: "github", subject: null, health: "revoked" }),
  connectionFact({ provider: "codex", kind: "files", scopes: [] }),
];

test("connections are found by every word, by kind, and by having a problem", () => {
  const found = (text: string, choice: Parameters<typeof findConnections>[1]["choice"] = "all") =>
    findConnections(ALL, { text, choice }).map(({ provider }) => provider);
  expect(found("")).toEqual(["google", "github", "codex"]);
  expect(found("ADA google")).toEqual(["google"]);
  expect(found("openid")).toEqual(["google", "github"]);
  expect(found("", "care")).toEqual(["github"]);
  expect(found("", "files")).toEqual(["codex"]);
  expect(found("google", "files")).toEqual([]);
});

test("a connection is called by its account, else by its provider", () => {
  expect(ALL.map(connectionName)).toEqual([
    "ada@example.com at google",
    "github",
    "ada@example.com at codex",
  ]);
});

test("when it ends is said from now", () => {
  const words = (expiresAt: string | null) => expiryWords(connectionFact({ expiresAt }), formatSpan, NOW);
  expect([words(null), words(at(90)), words(at(-7200))]).toEqual(["not known", "in 1 min", "2 h ago"]);
});

test("ways to use it are lines of which none holds a key", () => {
  const lines = ALL.flatMap((one) => waysToUse(one, "https://vm.example")).map(({ line }) => line);
  expect(lines).toContain(
    `curl -X POST -H "authorization: Bearer $BVM_API_KEY" https://vm.example/v1/connections/${ALL[0]?.id}/token`,
  );
  expect(lines).toContain(`browservm connection use ${ALL[2]?.id} SESSION`);
});
