import type { Session } from "@browservm/contract";
import { expect } from "vitest";
import type { Rgb } from "./chromium.ts";
import { type Life, LOGIN_TOKEN } from "./mock-api.ts";
import { CLIP_COLOURS } from "./mock-gateway.ts";
import { WebFixture } from "./web-fixture.ts";

/** VP8 of so few bits is not exact. */
const NEAR = 12;

/** What tests of live video do in a session's page. Registers with the test file that calls it. */
export function useLive() {
  const web = WebFixture.use();
  const button = (name: string | RegExp) => web.page.getByRole("button", { name });
  const menu = () => web.page.getByRole("region", { name: "Quality of the picture" });
  const way = (words: string) => web.page.getByTestId("way").getByText(words).waitFor();

  /** A session whose VM is, or is not, emulated. */
  const seed = (accelerator: "kvm" | "tcg" = "kvm"): Life => {
    const life = web.api.seed({ url: "https://example.com/" });
    const { vm } = life.session;
    if (vm) web.api.change(life.session.id, { vm: { ...vm, accelerator } } satisfies Partial<Session>);
    return life;
  };
  const open = async (accelerator: "kvm" | "tcg" = "kvm"): Promise<void> => {
    const { session } = seed(accelerator);
    await web.page.goto(`${web.url}/login#token=${LOGIN_TOKEN}&next=/sessions/${session.id}`);
    await web.page.getByText("Live", { exact: true }).waitFor();
  };
  /** One pixel of what video paints, of its 320 × 180; null while it paints nothing. */
  const videoPixel = async (): Promise<Rgb | null> => {
    const canvas = `document.querySelector("[data-testid=video]:not([hidden]) canvas:not([hidden])")`;
    const found = (await web.page.evaluate(
      `${canvas} && Array.from(${canvas}.getContext("2d").getImageData(20, 20, 1, 1).data)`,
    )) as number[] | null;
    if (found === null) return null;
    const [r = 0, g = 0, b = 0] = found;
    return [r, g, b];
  };
  /** Waits until both colours of the clip were seen. */
  const plays = async (): Promise<void> => {
    for (const colour of CLIP_COLOURS)
      await expect
        .poll(async () => isNear(await videoPixel(), colour), { timeout: 5000, interval: 40 })
        .toBe(true);
  };
  const openMenu = async (): Promise<void> => {
    await button("Quality of the picture").click();
    await menu().waitFor();
  };
  /** As if the reader had gone to another tab, or come back. */
  const hide = (isHidden: boolean): Promise<unknown> =>
    web.page.evaluate(`
      Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    `);
  return { web, button, menu, way, open, videoPixel, plays, openMenu, hide };
}

const isNear = (found: Rgb | null, wanted: Rgb): boolean =>
  found?.every((part, index) => Math.abs(part - (wanted[index] ?? 0)) <= NEAR) === true;
