import { expect, test } from "vitest";
import { News } from "./news.ts";

const NEVER = new AbortController().signal;

test("all who wait are woken by the next news", async () => {
  const news = new News();
  const waiting = [news.next(60_000, NEVER), news.next(60_000, NEVER)];
  news.tell();
  expect(await Promise.all(waiting)).toHaveLength(2);
});

test("nobody waits longer than asked, nor for a caller who is gone, or was gone before", async () => {
  const news = new News();
  expect(await news.next(5, NEVER)).toBeUndefined();
  const gone = new AbortController();
  const waiting = news.next(60_000, gone.signal);
  gone.abort();
  expect(await waiting).toBeUndefined();
  expect(await news.next(60_000, gone.signal)).toBeUndefined();
});
