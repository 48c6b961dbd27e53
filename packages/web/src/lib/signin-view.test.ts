import { expect, test } from "vitest";
import { findSignins, isPageOpen, signinSteps } from "./signin-view.ts";
import { signinFact } from "./testing/connection-facts.ts";
import { at, NOW } from "./testing/session-facts.ts";

const statesOf = (over: Parameters<typeof signinFact>[0]) =>
  Object.fromEntries(signinSteps(signinFact(over), NOW).map(({ key, state }) => [key, state]));

test("the last step that began goes on, those before it are done, the others wait", () => {
  const steps = signinSteps(signinFact(), NOW);
  expect(steps.map(({ state }) => state)).toEqual([
    ...["pass", "pass", "pass"],
    ...["running", "waiting", "waiting", "waiting"],
  ]);
  expect(steps.map(({ ms }) => ms)).toEqual([8000, 2000, 2000, 8000, undefined, undefined, undefined]);
});

test("the step at which it ended is where it failed; one that completed has none", () => {
  expect(statesOf({ state: "failed", endedAt: at(0) })).toMatchObject({ open: "pass", user: "fail" });
  expect(statesOf({ state: "timed_out", endedAt: at(0) })).toMatchObject({
    user: "fail",
    capture: "waiting",
  });
  expect(statesOf({ state: "completed", endedAt: at(0) })).toMatchObject({ user: "pass" });
});

test("its machine is destroyed after every end, and that is told when it is so", () => {
  const over = { state: "failed", endedAt: at(0) } as const;
  expect(statesOf({ sessionOver: false })).toMatchObject({ cleanup: "waiting" });
  expect(statesOf({ ...over, sessionOver: false })).toMatchObject({ user: "fail", cleanup: "running" });
  expect(statesOf({ ...over, sessionOver: true })).toMatchObject({ user: "fail", cleanup: "pass" });
});

test("its time stands still when it is over", () => {
  const [, , , user] = signinSteps(signinFact({ state: "cancelled", endedAt: at(-3) }), NOW);
  expect(user?.ms).toBe(5000);
});

test("installing is told only where something is installed", () => {
  expect(statesOf({})).not.toHaveProperty("install");
  expect(statesOf({ steps: [{ step: "install", at: at(-1) }] })).toMatchObject({ install: "running" });
});

test("sign-ins are found by every word, and by what became of them", () => {
  const all = [
    signinFact({ provider: "github", subject: "ada" }),
    signinFact({ provider: "github", state: "completed" }),
    signinFact({ state: "failed", reason: { code: "X", message: "the tool exited", fix: "" } }),
  ];
  const found = (text: string, choice: Parameters<typeof findSignins>[1]["choice"] = "all") =>
    findSignins(all, { text, choice }).map((one) => all.indexOf(one));
  expect(found("")).toEqual([0, 1, 2]);
  expect(found("GitHub ADA")).toEqual([0]);
  expect(found("exited")).toEqual([2]);
  expect(found("", "open")).toEqual([0]);
  expect(found("", "completed")).toEqual([1]);
  expect(found("", "other")).toEqual([2]);
});

test("the page is said to be open once its browser had time to open it", () => {
  const [session, prepare, open, user] = signinFact().steps;
  expect(isPageOpen({ steps: [session, prepare, open].flatMap((step) => step ?? []) })).toBe(false);
  expect(isPageOpen({ steps: [user].flatMap((step) => step ?? []) })).toBe(true);
});
