import { expect, test } from "vitest";
import { RateLimit } from "./rate-limit.ts";

test("each caller has its burst, then waits; another caller does not", () => {
  let now = 0;
  const limit = new RateLimit({ burst: 2, everyMs: 1000, now: () => now });
  limit.take("a");
  limit.take("a");
  expect(() => limit.take("a")).toThrowError(expect.objectContaining({ details: { retryAfterSeconds: 1 } }));
  limit.take("b");
  now = 1000;
  limit.take("a");
  expect(() => limit.take("a")).toThrow();
});

test("refused tries do not lengthen the wait", () => {
  let now = 0;
  const limit = new RateLimit({ burst: 1, everyMs: 1000, now: () => now });
  limit.take("a");
  for (let i = 0; i < 50; i += 1) expect(() => limit.take("a")).toThrow();
  now = 1000;
  limit.take("a");
});
