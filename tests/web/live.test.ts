import type { Session } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { displayPixel, type Rgb } from "./chromium.ts";
import { CLIP_COLOURS } from "./mock-gateway.ts";
import { SOON } from "./sharing-fixture.ts";
import { WebFixture } from "./web-fixture.ts";

const web = WebFixture.use();
const button = (name: string | RegExp) => web.page.getByRole("button", { name });

/** A session whose VM is, or is not, emulated. */
async function open(accelerator: "kvm" | "tcg" = "kvm"): Promise<void> {
  const life = web.api.seed({ url: "https://example.com/" });
  const { vm } = life.session;
  if (vm) web.api.change(life.session.id, { vm: { ...vm, accelerator } } as Partial<Session>);
  await web.signIn();
  await web.page.goto(`${web.url}/sessions/${life.session.id}`);
  await web.page.getByText("Live", { exact: true }).waitFor();
}

/** One pixel of what video paints; null while it paints nothing. */
async function videoPixel(): Promise<Rgb | null> {
  const canvas = `document.querySelector("[data-testid=video]:not([hidden]) canvas:not([hidden])")`;
  const found = (await web.page.evaluate(
    `${canvas} && Array.from(${canvas}.getContext("2d").getImageData(20, 20, 1, 1).data)`,
  )) as number[] | null;
  if (found === null) return null;
  const [r = 0, g = 0, b = 0] = found;
  return [r, g, b];
}

const isNear = (found: Rgb | null, [r, g, b]: Rgb) =>
  found !== null && Math.max(Math.abs(found[0] - r), Math.abs(found[1] - g), Math.abs(found[2] - b)) <= 12;

async function plays(): Promise<void> {
  for (const colour of CLIP_COLOURS)
    await expect
      .poll(async () => isNear(await videoPixel(), colour), { timeout: 5000, interval: 40 })
      .toBe(true);
}

describe("live video", () => {
  test("is painted over the display within two seconds, and the display sends no picture meanwhile", async () => {
    await open();
    const began = Date.now();
    await expect.poll(async () => (await videoPixel()) !== null, { timeout: 2000, interval: 20 }).toBe(true);
    console.log("first pixel after", Date.now() - began);
    await plays();
    await web.page.getByTestId("way").getByText("Video, WebSocket").waitFor();
    await web.page.screenshot({ path: "/tmp/shots/live.png" });
    const before = await displayPixel(web.page, 20, 20);
    web.api.only.display.resize(1280, 720);
    expect(before).toEqual([52, 92, 224]);
    expect(web.complaints).toEqual([]);
  });
});
