import type { CDPSession, Page } from "playwright-core";

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Fingers on a page's screen, by the DevTools protocol: Playwright itself has only taps. */
export class Fingers {
  readonly #cdp: CDPSession;
  readonly #page: Page;

  private constructor(page: Page, cdp: CDPSession) {
    this.#page = page;
    this.#cdp = cdp;
  }

  static async on(page: Page): Promise<Fingers> {
    return new Fingers(page, await page.context().newCDPSession(page));
  }

  /** Puts fingers down, moves each one to where it goes in steps, holds them, and lifts them. */
  async move(ways: readonly { from: Point; to: Point }[], holdMs = 0, steps = 8): Promise<void> {
    const at = (part: number) =>
      ways.map(({ from, to }, id) => ({
        x: from.x + (to.x - from.x) * part,
        y: from.y + (to.y - from.y) * part,
        id,
      }));
    await this.#touch("touchStart", at(0));
    for (let step = 1; step <= steps; step += 1) await this.#touch("touchMove", at(step / steps));
    if (holdMs > 0) await this.#page.waitForTimeout(holdMs);
    await this.#touch("touchEnd", []);
  }

  tap(...points: readonly Point[]): Promise<void> {
    return this.move(
      points.map((point) => ({ from: point, to: point })),
      0,
      0,
    );
  }

  hold(point: Point, ms: number): Promise<void> {
    return this.move([{ from: point, to: point }], ms, 0);
  }

  /** What a keyboard's composition shows meanwhile, and then what it becomes. */
  async compose(...steps: readonly string[]): Promise<void> {
    for (const text of steps)
      await this.#cdp.send("Input.imeSetComposition", {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    await this.#cdp.send("Input.insertText", { text: steps.at(-1) ?? "" });
  }

  async #touch(
    type: "touchStart" | "touchMove" | "touchEnd",
    touchPoints: readonly (Point & { id: number })[],
  ): Promise<void> {
    await this.#cdp.send("Input.dispatchTouchEvent", { type, touchPoints: [...touchPoints] });
  }
}
