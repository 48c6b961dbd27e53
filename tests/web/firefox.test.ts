import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GatewayFixture } from "../../packages/gateway/src/testing/gateway-fixture.ts";
import { launchFirefox, openFirefoxPage } from "./firefox.ts";
import { connectViewer, playTo } from "./gateway-link.ts";
import { LOGIN_TOKEN, MockApi } from "./mock-api.ts";
import { SHOWS, SOON } from "./sharing-fixture.ts";
import { WATCH } from "./watch-page.ts";
import { startFront, startPages } from "./web-app.ts";

const stack = new AsyncDisposableStack();
const api = new MockApi();
let browser: Browser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  const pages = await startPages();
  stack.defer(() => pages.close());
  const front = await startFront(api, pages.port);
  stack.defer(() => front.close());
  const gateway = stack.use(await GatewayFixture.start({ rtc: true }));
  stack.use(playTo(gateway));
  api.takeLive = (ws, request) => connectViewer(gateway, ws, request);
  browser = await launchFirefox();
  stack.defer(() => browser.close());
  ({ page, complaints } = await openFirefoxPage(browser));
  await page.evaluateOnNewDocument(WATCH);
  const { session } = api.seed({ url: "https://example.com/" });
  const { vm } = session;
  if (vm) api.change(session.id, { vm: { ...vm, accelerator: "kvm" } });
  await page.goto(`${front.url}/login#token=${LOGIN_TOKEN}&next=/sessions/${session.id}`);
}, 60_000);
afterAll(() => stack.disposeAsync());

const display = () => api.only.display;
const ask = <T>(words: string) => page.evaluate(words) as Promise<T>;
const button = (name: string) => page.locator(`::-p-aria([name="${name}"][role="button"])`);
const way = () => ask<string>(`document.querySelector("[data-testid=way]")?.textContent ?? ""`);
const painted = () => ask<number>("videoFrames()");
const box = () =>
  ask<{ x: number; y: number; width: number; height: number }>(
    `document.querySelector("[data-testid=display] canvas").getBoundingClientRect().toJSON()`,
  );

async function moves(): Promise<void> {
  const before = await painted();
  await expect.poll(painted, SOON).toBeGreaterThan(before + 5);
}

async function choose(name: string): Promise<void> {
  await button("Quality of the picture").click();
  await page.locator(`::-p-aria([name^="${name}"][role="radio"])`).click();
  await page.keyboard.press("Escape");
}

test("Firefox shows the display at once, and video by WebRTC within two seconds", async () => {
  await expect.poll(way, SHOWS).toMatch(/^Video by WebRTC over UDP$/);
  await moves();
  const ms = await ask<number>("paintedAt - liveOpenedAt");
  process.stderr.write(`Firefox, its connection to the gateway → first picture: ${Math.round(ms)} ms\n`);
  expect(ms).toBeLessThan(2000);
  expect(complaints).toEqual([]);
});
