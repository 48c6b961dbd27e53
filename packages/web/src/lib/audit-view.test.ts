import { AUDIT_ACTIONS } from "@browservm/contract";
import { expect, test } from "vitest";
import { actionWords, actorWords, detailWords, findEntries } from "./audit-view.ts";
import { auditFact } from "./testing/connection-facts.ts";

test("every action has words of its own", () => {
  for (const action of AUDIT_ACTIONS) expect(actionWords(action)).toMatch(/^[A-Z][\w’ -]+$/);
});

test("who it was is a name with what stands behind it", () => {
  const words = (kind: Parameters<typeof actorWords>[0]["kind"], name: string | null, id: string | null) =>
    actorWords({ kind, name, id });
  expect(words("key", "robot", "key_1")).toBe("robot (API key)");
  expect(words("cookie", null, "lnk_1")).toBe("lnk_1 (page)");
  expect(words("system", null, null)).toBe("BrowserVM itself");
});

test("details are told, except what is empty", () => {
  const details = { from: "ok", to: "revoked", reason: null, count: 0, more: { a: 1 } };
  expect(detailWords(auditFact({ details }))).toBe('from ok, to revoked, count 0, more {"a":1}');
});

test("entries are found by every word, and by what they are about", () => {
  const all = [
    auditFact(),
    auditFact({ action: "vault.rotation_done", details: {} }),
    auditFact({ action: "signin.failed", details: { code: "SIGNIN_TIMED_OUT" } }),
    auditFact({ action: "audit.exported", details: {} }),
    auditFact({ action: "person.joined", details: {} }),
  ];
  const found = (text: string, choice: Parameters<typeof findEntries>[1]["choice"] = "all") =>
    findEntries(all, { text, choice }).map((one) => all.indexOf(one));
  expect(found("robot google")).toEqual([0]);
  expect(found("signin_timed")).toEqual([2]);
  expect(found("", "vault")).toEqual([1]);
  expect(found("", "signin")).toEqual([2]);
  expect(found("", "other")).toEqual([3]);
  expect(found("", "people")).toEqual([4]);
});
