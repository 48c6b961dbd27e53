import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium, openPage } from "./chromium.ts";
import { listenLocally } from "./contract-http.ts";
import { MockApi } from "./mock-api.ts";
import { CLIP_COLOURS } from "./mock-gateway.ts";
import { SHOWS, SOON } from "./sharing-fixture.ts";
import { startFront } from "./web-app.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What docs/live-video.md says that a page of one's own needs. */
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src data:";
const ALLOW = "autoplay; fullscreen; clipboard-read; clipboard-write";
const SESSION_PAGE = `<!doctype html><link rel="stylesheet" href="/embed.css"><div id="app"></div><script type="module" src="/embed.js"></script>`;

const api = new MockApi();
const stack = new AsyncDisposableStack();
let browser: Browser;
let url: string;

beforeAll(async () => {
  const { session } = api.seed({ url: "https://example.com/" });
  const script = await bundle(session.id);
  const files: Readonly<Record<string, readonly [string, string]>> = {
    "/": [
      "text/html",
      `<iframe src="/embed" width="800" height="560" sandbox="allow-scripts allow-same-origin" allow="${ALLOW}"></iframe>`,
    ],
    "/embed": ["text/html", SESSION_PAGE],
    "/embed.css": ["text/css", ".screen { width: 640px; height: 360px; }"],
    "/embed.js": ["text/javascript", script],
  };
  const server: Server = createServer(({ url: path = "/" }, response) => {
    const [type, body] = files[path] ?? ["text/plain", ""];
    response.writeHead(200, { "content-type": type, "content-security-policy": path === "/" ? "" : POLICY });
    response.end(body);
  });
  const port = await listenLocally(server);
  stack.defer(() => void server.close());
  const front = await startFront(api, port);
  stack.defer(() => front.close());
  url = front.url;
  browser = await launchChromium();
  stack.defer(() => browser.close());
}, 60_000);
afterAll(() => stack.disposeAsync());

/** The example of the documents, as a page of somebody's own would have it. */
async function bundle(session: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { createRoot } from "react-dom/client";
        import { Embedded } from "./live-view.tsx";
        createRoot(document.querySelector("#app")).render(<Embedded session="${session}" viewer="vwr_${"e".repeat(20)}" />);
      `,
      loader: "tsx",
      resolveDir: join(ROOT, "packages/sdk/examples"),
    },
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    target: "es2022",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

/** One pixel of what video paints in the frame; null while it paints nothing. */
async function videoPixel(page: Page): Promise<number[] | null> {
  const [, frame] = page.frames();
  const canvas = `document.querySelector("[data-testid=video]:not([hidden]) canvas:not([hidden])")`;
  return (
    (await frame?.evaluate<number[] | null>(
      `${canvas} && Array.from(${canvas}.getContext("2d").getImageData(20, 20, 1, 1).data.slice(0, 3))`,
    )) ?? null
  );
}

test("the component of the documents shows video in a sandboxed frame under the documented policy, takes keys and is heard", async () => {
  const { page, complaints } = await openPage(browser);
  await page.goto(url);
  const frame: FrameLocator = page.frameLocator("iframe");
  const isColour = async () => {
    const found = await videoPixel(page);
    return CLIP_COLOURS.some((colour) =>
      colour.every((part, index) => Math.abs(part - (found?.[index] ?? -99)) <= 12),
    );
  };
  await expect.poll(isColour, SHOWS).toBe(true);
  expect(await frame.locator("[data-testid=display] canvas").boundingBox()).toMatchObject({
    width: 640,
    height: 360,
  });
  await frame.getByTestId("display").click({ position: { x: 320, y: 180 } });
  await page.keyboard.press("a");
  await expect.poll(() => api.only.display.keys, SOON).toEqual([0x61]);
  expect(api.only.display.clicks).toEqual([{ x: 640, y: 360 }]);
  await frame.getByRole("button", { name: "Sound" }).click();
  await expect.poll(() => api.gateway.chosen, SOON).toMatchObject({ rung: "websocket", audio: true });
  await frame.getByRole("button", { name: "Mute" }).waitFor();
  expect(complaints).toEqual([]);
  // who leaves is gone, and connects no more
  await page.goto("about:blank");
  await expect.poll(() => api.only.viewers.size, SOON).toBe(0);
  await page.context().close();
});
