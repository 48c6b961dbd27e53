import type { Event } from "@browservm/contract";
import { expect, test } from "vitest";
import { SessionNews } from "./session-news.ts";
import { at, SESSION_ID } from "./testing/session-facts.ts";

const event = (seq: number, type: string, data: Record<string, unknown>): Event => ({
  seq,
  at: at(seq),
  subject: SESSION_ID,
  type,
  data,
});
const REASON = { code: "HOST_OUT_OF_MEMORY", message: "2048 MiB are wanted", fix: "End other sessions." };

test("the claim's time, the last warning of each time-out and repairs are kept, the newest first", () => {
  const news = new SessionNews();
  const repair = { code: "tap-down", cause: "x", step: "y", outcome: "repaired", tookMs: 3, suspects: [] };
  news.read(event(1, "session.claimed", { pool: "warm", ms: 12 }));
  news.read(event(2, "network.repair", { ...repair, at: at(2) }));
  news.read(event(3, "session.warning", { timeout: "idle", at: at(9), action: "pause" }));
  news.read(event(3, "session.warning", { timeout: "idle", at: at(7), action: "pause" }));
  news.read(event(4, "session.warning", { timeout: "absolute", at: at(30), action: "end" }));
  news.read(event(4, "network.repair", { ...repair, at: at(4) }));
  news.read(event(2, "network.repair", { ...repair, at: at(2) }));
  const { claimMs, warnings, repairs } = news.get();
  expect(claimMs).toBe(12);
  expect(warnings.map((one) => one.at)).toEqual([at(9), at(30)]);
  expect(repairs.map((one) => one.at)).toEqual([at(4), at(2)]);
});

test("why a resume failed is kept until the next move, and an old event does not bring it back", () => {
  const news = new SessionNews();
  const failed = event(5, "vm.state", { from: "resuming", to: "paused", reason: REASON });
  news.read(failed);
  expect(news.get().restReason).toEqual(REASON);
  news.read(event(6, "vm.state", { from: "paused", to: "resuming" }));
  news.read(failed);
  expect(news.get().restReason).toBeUndefined();
});
