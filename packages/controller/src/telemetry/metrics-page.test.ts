import { afterEach, beforeEach, expect, test } from "vitest";
import { TestController } from "../testing/test-controller.ts";

let t: TestController;
beforeEach(async () => {
  t = await TestController.start();
});
afterEach(() => t[Symbol.asyncDispose]());

/** The value of one sample. */
const value = (page: string, name: string) =>
  Number(
    page
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")[1],
  );

test("the page counts sessions, pools, starts and pauses, in the format that Prometheus reads", async () => {
  await t.admin.pools.set("warm", { image: "tiny", size: 1 });
  await expect.poll(async () => (await t.admin.pools.get("warm")).ready, { timeout: 9000 }).toBe(1);
  const session = await t.admin.sessions.create({ image: "tiny" });
  const own = await t.admin.sessions.create({ image: "tiny", pool: false });
  await own.waitFor("ready");
  await session.pause();
  const { secret } = await t.admin.createApiKey({ name: "scraper" });
  const reply = await t.fetch("GET", "/metrics", { headers: { authorization: `Bearer ${secret}` } });
  expect(reply.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const page = await reply.text();
  expect(value(page, 'browservm_sessions{status="ready"}')).toBe(1);
  expect(value(page, 'browservm_sessions{status="paused"}')).toBe(1);
  expect(value(page, "browservm_viewers")).toBe(0);
  expect(value(page, 'browservm_pool_size{pool="warm"}')).toBe(1);
  expect(value(page, 'browservm_pool_hits_total{pool="warm"}')).toBe(1);
  expect(value(page, 'browservm_pool_misses_total{pool="warm"}')).toBe(0);
  expect(value(page, 'browservm_pool_claim_seconds_count{pool="warm"}')).toBe(1);
  expect(value(page, 'browservm_pool_refill_seconds_count{pool="warm"}')).toBeGreaterThanOrEqual(1);
  expect(value(page, 'browservm_session_start_seconds_count{origin="pool"}')).toBe(1);
  expect(value(page, 'browservm_session_start_seconds_count{origin="boot"}')).toBe(1);
  expect(value(page, 'browservm_session_rest_seconds_count{action="pause"}')).toBe(1);
  expect(page.endsWith("\n")).toBe(true);
  for (const line of page.trimEnd().split("\n")) {
    expect(line).toMatch(/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[^}]*\})? [0-9.e+-]+)$/);
  }
});

test("strangers and viewers see no numbers", async () => {
  expect((await t.fetch("GET", "/metrics")).status).toBe(401);
  const session = await t.admin.sessions.create({ image: "tiny" });
  const { token } = await session.createViewToken();
  const reply = await t.fetch("GET", "/metrics", { headers: { authorization: `Bearer ${token}` } });
  expect(reply.status).toBe(403);
});
