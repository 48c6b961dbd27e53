import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { launchChromium, openPage, signIn } from "./chromium.ts";
import { MockApi } from "./mock-api.ts";
import { startFront, startPages } from "./web-app.ts";

/** One reader at one page; each test gets a fresh API, and a profile of its own. */
export class WebFixture {
  #pages: Awaited<ReturnType<typeof startPages>> | undefined;
  #browser: Browser | undefined;
  #front: Awaited<ReturnType<typeof startFront>> | undefined;
  #opened: Awaited<ReturnType<typeof openPage>> | undefined;
  #api: MockApi | undefined;

  /** Registers with the test file that calls it. */
  static use(): WebFixture {
    const web = new WebFixture();
    beforeAll(() => web.#start(), 300_000);
    afterAll(() => web.#stop());
    beforeEach(() => web.#enter());
    afterEach(() => web.#leave());
    return web;
  }

  get api(): MockApi {
    return needed(this.#api);
  }

  get page(): Page {
    return needed(this.#opened).page;
  }

  get url(): string {
    return needed(this.#front).url;
  }

  /** What went wrong in the page's console. */
  get complaints(): readonly string[] {
    return needed(this.#opened).complaints;
  }

  /** A reader with other wishes or another screen. */
  async reopen(options?: BrowserContextOptions): Promise<void> {
    await this.#opened?.context.close();
    this.#opened = await openPage(needed(this.#browser), options);
    this.page.setDefaultTimeout(15_000);
  }

  signIn(): Promise<void> {
    return signIn(this.page, this.url);
  }

  /** Waits until a text is in the page. */
  sees(text: string | RegExp): Promise<void> {
    return this.page.getByText(text).first().waitFor();
  }

  /** Signs in and goes to the page of the host. */
  async openHost(): Promise<void> {
    await this.signIn();
    await this.page.goto(`${this.url}/host`);
    await this.page.getByRole("heading", { name: "The bridge" }).waitFor();
  }

  runDoctor(): Promise<void> {
    return this.page.getByRole("button", { name: "Run doctor" }).click();
  }

  /** By how many pixels the page is wider than the screen. */
  overflow(): Promise<unknown> {
    return this.page.evaluate("document.documentElement.scrollWidth - innerWidth");
  }

  /** The name of what has the focus. */
  async focused(): Promise<string> {
    const active = "document.activeElement";
    return String(
      await this.page.evaluate(`${active}?.getAttribute("aria-label") ?? ${active}?.textContent?.trim()`),
    );
  }

  /** Presses Tab until something of that name has the focus. */
  async tabTo(name: string | RegExp): Promise<void> {
    for (let press = 0; press < 60; press += 1) {
      await this.page.keyboard.press("Tab");
      const now = await this.focused();
      if (typeof name === "string" ? now === name : name.test(now)) return;
    }
    throw new Error(`Tab never came to “${name}”`);
  }

  async #start(): Promise<void> {
    this.#pages = await startPages();
    this.#browser = await launchChromium();
  }

  async #stop(): Promise<void> {
    await this.#browser?.close();
    await this.#pages?.close();
  }

  async #enter(): Promise<void> {
    this.#api = new MockApi();
    this.#front = await startFront(this.#api, needed(this.#pages).port);
    await this.reopen();
  }

  async #leave(): Promise<void> {
    await this.#opened?.context.close();
    this.#opened = undefined;
    this.#front?.close();
  }
}

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the page is only there during a test");
  return value;
}
