import type { Browser, Page } from "playwright-core";
import type { BrowserVmUnderTest } from "../../harness/browservm-under-test.ts";
import { launchChromium } from "../../web/chromium.ts";
import { ageOf, type Look, readerScript } from "./marker.ts";

export const WAYS = ["webrtc", "websocket", "vnc"] as const;
export type Way = (typeof WAYS)[number];

const NAMES: Readonly<Record<Way, string>> = { webrtc: "WebRTC", websocket: "WebSocket", vnc: "VNC" };
const CANVAS = `document.querySelector("[data-testid=display] canvas")`;
const VIDEO = `document.querySelector("[data-testid=video] :is(video, canvas)")`;
const ON_THE_WAY_MS = 60_000;
/** A new way finds its bitrate and its buffers in this time. */
const SETTLE_MS = 4000;

/** What a reader saw by one way. */
export interface Seen {
  /** Of each new picture, from the paint in the VM to the look at it here, in milliseconds. */
  readonly ages: readonly number[];
  readonly fps: number;
  /** Looks at what was no whole marker. */
  readonly unreadable: number;
}

/** What is seen on a page for so long; `surface` is an expression for the element that shows the picture. */
export async function lookAt(page: Page, surface: string, ms: number): Promise<Seen> {
  const looks = (await page.evaluate(readerScript(surface, ms))) as Look[];
  const ages = looks.map(({ cells, at }) => ageOf(cells, at)).filter((age) => age !== undefined);
  return { ages, fps: (ages.length * 1000) / ms, unreadable: looks.length - ages.length };
}

/** A person who looks at one session in the product's own page. */
export class Reader implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #page: Page;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
  }

  static async open(whole: BrowserVmUnderTest, sessionId: string): Promise<Reader> {
    const browser = await launchChromium();
    const page = await browser.newPage({ bypassCSP: true, viewport: { width: 1680, height: 1000 } });
    await page.goto(whole.url);
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    await page.goto(`${new URL(whole.url).origin}/sessions/${sessionId}`);
    return new Reader(browser, page);
  }

  /** Leaves and comes back: what carries its pictures are new connections. */
  async connectAnew(): Promise<void> {
    await this.#page.reload();
    await this.#page.locator("[data-testid=display] canvas").waitFor({ timeout: ON_THE_WAY_MS });
  }

  /** As a person does, in the quality menu; settles when pictures come by that way. */
  async choose(way: Way): Promise<void> {
    await this.#page.getByRole("button", { name: "Quality of the picture" }).click();
    await this.#page.getByRole("radio", { name: NAMES[way] }).check();
    await this.#page.keyboard.press("Escape");
    const isThere =
      way === "vnc"
        ? `!${VIDEO}?.checkVisibility()`
        : `${VIDEO}?.closest("[data-rung=${way}]")?.checkVisibility()`;
    await this.#page.waitForFunction(`Boolean(${isThere})`, undefined, { timeout: ON_THE_WAY_MS });
    await this.#page.waitForTimeout(SETTLE_MS);
  }

  look(way: Way, ms: number): Promise<Seen> {
    return lookAt(this.#page, way === "vnc" ? CANVAS : VIDEO, ms);
  }

  screenshot(path: string): Promise<unknown> {
    return this.#page.screenshot({ path });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}
