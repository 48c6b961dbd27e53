import { expect, test } from "vitest";
import { EMPTY_LINK, LINK_TIMES, linkLines, linkRequest, linkState } from "./link-view.ts";
import { at, NOW } from "./testing/session-facts.ts";
import { linkFact } from "./testing/sharing-facts.ts";

test.each([
  [{}, "open"],
  [{ spentAt: at(-5) }, "open"],
  [{ oneTime: true }, "open"],
  [{ oneTime: true, spentAt: at(-5) }, "used"],
  [{ expiresAt: at(0) }, "expired"],
  [{ oneTime: true, spentAt: at(-50), expiresAt: at(-5) }, "expired"],
  [{ revokedAt: at(-5) }, "revoked"],
  [{ revokedAt: at(-50), expiresAt: at(-5) }, "revoked"],
] as const)("a link with %j is %s", (over, state) => {
  expect(linkState(linkFact(over), NOW)).toBe(state);
});

const lineOf = (over: Parameters<typeof linkFact>[0]) => {
  const { live, over: old } = linkLines([linkFact(over)], NOW);
  return live[0] ?? old[0];
};

test("a link is told by what it allows, how often, and until when", () => {
  expect(lineOf({ role: "control", name: "Anna" })).toMatchObject({
    name: "Anna",
    facts: "may control, 1 h left, not used yet",
  });
  expect(lineOf({ oneTime: true })).toMatchObject({
    name: "For anybody",
    facts: "may only look, once only, 1 h left, not used yet",
  });
  expect(lineOf({ spentAt: at(-120) })?.facts).toContain("last used 2 min ago");
});

test("a used one is of no use, but who came by it is still there: it can be revoked", () => {
  const line = lineOf({ oneTime: true, spentAt: at(-5) });
  expect(line).toMatchObject({ state: "used", canRevoke: true });
  expect(line?.facts).toContain("who came by it may stay for 1 h");
});

test("expired and revoked ones are kept apart from those of use", () => {
  const links = [linkFact(), linkFact({ expiresAt: at(-60) }), linkFact({ revokedAt: at(-3600) })];
  const { live, over } = linkLines(links, NOW);
  expect(live.map(({ state }) => state)).toEqual(["open"]);
  expect(over.map(({ facts }) => facts)).toEqual([
    "may only look, expired 1 min ago",
    "may only look, revoked 1 h ago",
  ]);
  expect(over.some(({ canRevoke }) => canRevoke)).toBe(false);
});

test("without another wish a link only shows, for an hour, to anybody", () => {
  expect(linkRequest(EMPTY_LINK)).toEqual({ role: "view", ttlSeconds: 3600, oneTime: false });
  expect(linkRequest({ ...EMPTY_LINK, name: "  Anna " })).toMatchObject({ name: "Anna" });
  expect(linkRequest({ ...EMPTY_LINK, name: "   " })).not.toHaveProperty("name");
  expect(LINK_TIMES.some(([seconds]) => seconds === EMPTY_LINK.ttlSeconds)).toBe(true);
});
