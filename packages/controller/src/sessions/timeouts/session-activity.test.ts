import { CreateSession } from "@browservm/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openStore, type Store } from "../../store/store.ts";
import { draftSession } from "../session-draft.ts";
import { sessionStore } from "../session-store.ts";
import { SessionActivity } from "./session-activity.ts";

const LIMITS = {
  sessions: 1,
  sessionTtlSeconds: 60,
  sessionMaxSeconds: 0,
  idleSeconds: 60,
  onIdle: "pause",
} as const;
const session = { ...draftSession(CreateSession.parse({}), LIMITS), status: "ready" as const };
const { id } = session;

let store: Store;
let activity: SessionActivity;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-01-01T12:00:00.000Z") });
  store = await openStore(":memory:");
  await sessionStore.insert(store, session);
  activity = new SessionActivity(store);
});
afterEach(async () => {
  vi.useRealTimers();
  await store.destroy();
});

const stored = async () => (await sessionStore.get(store, id)).activeAt;
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
const now = () => new Date().toISOString();

test("what is done counts at once, and is written no more than every three seconds", async () => {
  activity.touch(id);
  const first = now();
  await activity.flush();
  expect(await stored()).toBe(first);
  pass(1);
  activity.touch(id);
  const second = now();
  await activity.flush();
  expect(await stored()).toBe(first);
  expect(activity.latest(id, first)).toBe(second);
  pass(2);
  await activity.flush();
  expect(await stored()).toBe(second);
});

test("the end writes what is not written yet", async () => {
  activity.touch(id);
  await activity.flush();
  pass(1);
  activity.touch(id);
  await activity.flush({ all: true });
  expect(await stored()).toBe(now());
});

test("while something goes on the session is not idle; the time begins when the last of it ends", () => {
  const [one, two] = [activity.hold(id), activity.hold(id)];
  pass(500);
  expect(activity.latest(id, null)).toBe(now());
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  pass(500);
  expect(activity.latest(id, null)).toBe(now());
  two[Symbol.dispose]();
  const end = now();
  pass(500);
  expect(activity.latest(id, null)).toBe(end);
});

test("what the database knows counts when it is later", () => {
  activity.touch(id);
  const later = "2026-01-01T13:00:00.000Z";
  expect(activity.latest(id, later)).toBe(later);
  expect(activity.latest(id, null)).toBe(now());
});

test("a session that is not ready any more is not touched", async () => {
  await sessionStore.update(store, { ...session, status: "paused" });
  activity.touch(id);
  await activity.flush();
  expect(await stored()).toBeNull();
});
