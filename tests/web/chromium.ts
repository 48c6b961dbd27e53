import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { LOGIN_TOKEN } from "./mock-api.ts";

export const CHROMIUM = process.env.BROWSERVM_TEST_CHROMIUM ?? "/usr/bin/chromium";
export const CHROMIUM_ARGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The reader's browser: the machine's own Chromium. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });

/** A page in a profile of its own; what goes wrong in its console is kept. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  return { page, context, complaints };
}

/** Goes in by the one-time link, as a person does. */
export async function signIn(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/login#token=${LOGIN_TOKEN}`);
  await page.getByRole("heading", { name: "Sessions" }).waitFor();
}

export type Rgb = readonly [number, number, number];

/** The colour of one pixel of the live display, in the VM's own coordinates. */
export async function displayPixel(page: Page, x: number, y: number): Promise<Rgb> {
  // as text, because it runs in the page, whose types this program does not have
  const canvas = `document.querySelector("[data-testid=display] canvas")`;
  const found = await page.evaluate(
    `Array.from(${canvas}.getContext("2d").getImageData(${x}, ${y}, 1, 1).data)`,
  );
  const [r = 0, g = 0, b = 0] = found as number[];
  return [r, g, b];
}
