import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Locator, Page } from "playwright-core";
import { PNG } from "pngjs";
import type { BrowserVmUnderTest } from "../harness/browservm-under-test.ts";
import { launchChromium, openPage, type Rgb } from "./chromium.ts";

/** How long something took that the person did not do: from their last act until it was there. */
export interface Wait {
  readonly what: string;
  readonly ms: number;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** The VM's display, as these tests' sessions have it. */
const DISPLAY = { width: 1280, height: 720 };
/** Where neither a form is nor the pointer. */
const BARE = { x: 1000, y: 680 };
/** Video is not quite true to colours. */
const TOLERANCE = 14;
/** As fast as a test may be; a person takes 100 and more. */
const KEY_MS = 30;
const LOOK_MS = 60;

/**
 * A person at the product's own page. In the live view they see nothing but pixels, and do nothing but type and click: the
 * browser in the VM is never asked.
 */
export class PagePerson implements AsyncDisposable {
  readonly page: Page;
  /** What went wrong in the page's console. */
  readonly complaints: readonly string[];
  readonly waits: Wait[] = [];
  /** How long they have typed and clicked, in milliseconds. */
  typedMs = 0;
  readonly #browser: Browser;
  readonly #keyMs: number;
  #lastActAt = performance.now();

  private constructor(
    browser: Browser,
    { page, complaints }: Pick<Awaited<ReturnType<typeof openPage>>, "page" | "complaints">,
    keyMs: number,
  ) {
    this.#keyMs = keyMs;
    this.#browser = browser;
    this.page = page;
    this.complaints = complaints;
  }

  /** Goes in by the one-time link that `up` printed. */
  static async arrive({ url }: BrowserVmUnderTest, keyMs = KEY_MS): Promise<PagePerson> {
    const browser = await launchChromium();
    const person = new PagePerson(browser, await openPage(browser), keyMs);
    await person.page.goto(url);
    await person.page.getByRole("heading", { name: "Sessions" }).waitFor();
    return person;
  }

  /** Forgets what they have done and waited for. */
  beginAnew(): void {
    this.waits.length = 0;
    this.typedMs = 0;
  }

  /** Clicks on a button of the page, which is an act of theirs. */
  push(button: Locator): Promise<void> {
    return this.#act(() => button.click());
  }

  /** Clicks into the live view, at a place of the VM's display. */
  click(x: number, y: number): Promise<void> {
    return this.#act(async () => {
      const at = await this.#onPage({ x, y });
      await this.page.mouse.click(at.x, at.y, { delay: this.#keyMs });
    });
  }

  /** Types into the live view, which has the keyboard since it was clicked; then presses keys. */
  type(text: string, ...keys: readonly string[]): Promise<void> {
    return this.#act(async () => {
      await this.page.keyboard.type(text, { delay: this.#keyMs });
      for (const key of keys) await this.page.keyboard.press(key, { delay: this.#keyMs });
    });
  }

  /** Waits for something, and notes how long it took since the last act. */
  async waitFor(what: string, there: () => Promise<unknown>): Promise<void> {
    await there();
    this.waits.push({ what, ms: performance.now() - this.#lastActAt });
  }

  /** Whether the live view shows a page on this ground, before the time is up. */
  seesSoon(ground: readonly number[], timeoutMs: number): Promise<boolean> {
    return before(timeoutMs, async () => isNear(await this.#look(BARE), ground));
  }

  /** Waits until a place of the display has another colour. */
  async seesGone({ at, ground }: { at: Place; ground: readonly number[] }, timeoutMs: number): Promise<void> {
    if (await before(timeoutMs, async () => !isNear(await this.#look(at), ground))) return;
    throw new Error(`rgb(${ground}) is still there after ${timeoutMs} ms`);
  }

  /** Waits until it does, and notes how long that took. */
  sees(what: string, ground: readonly number[], timeoutMs: number): Promise<void> {
    return this.waitFor(what, async () => {
      if (await this.seesSoon(ground, timeoutMs)) return;
      throw new Error(`${what}: not seen in ${timeoutMs} ms; there is rgb(${await this.#look(BARE)})`);
    });
  }

  async #look(at: Place): Promise<Rgb> {
    const { x, y } = await this.#onPage(at);
    const clip = { x: Math.round(x), y: Math.round(y), width: 1, height: 1 };
    const [r = 0, g = 0, b = 0] = PNG.sync.read(await this.page.screenshot({ clip })).data;
    return [r, g, b];
  }

  async #onPage({ x, y }: Place): Promise<Place> {
    const box = await this.page.locator("[data-testid=display] canvas").boundingBox();
    if (!box) throw new Error("there is no live view");
    const scale = { x: box.width / DISPLAY.width, y: box.height / DISPLAY.height };
    return { x: box.x + x * scale.x, y: box.y + y * scale.y };
  }

  async #act(work: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    await work();
    this.#lastActAt = performance.now();
    this.typedMs += this.#lastActAt - begun;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

const isNear = (seen: Rgb, ground: readonly number[]) =>
  seen.every((part, index) => Math.abs(part - (ground[index] ?? 0)) <= TOLERANCE);

/** Whether it is so before the time is up. */
async function before(timeoutMs: number, isSo: () => Promise<boolean>): Promise<boolean> {
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(LOOK_MS))
    if (await isSo()) return true;
  return false;
}
