import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BrowserVmUnderTest } from "../harness/browservm-under-test.ts";
import { displayPixel, launchChromium, openPage, type Rgb } from "./chromium.ts";
import { readVp8, watchMedia } from "./watch-media.ts";

/** An emulated browser paints in a minute on a quiet machine, and in many on a loaded one. */
const LAUNCH_MS = 800_000;
/** An emulated guest starts its encoder in seconds, on a loaded machine in many. */
const MEDIA_MS = 120_000;
const RED: Rgb = [200, 30, 60];
const GREEN: Rgb = [20, 160, 80];
const rgb = (colour: Rgb) => `rgb(${colour.join(",")})`;
/** Red until somebody types "go" in the VM: then green, until "no". Seen by a real Chromium inside a real VM. */
const TEST_PAGE = `data:text/html,${encodeURIComponent(
  `<title>colours</title><body style="margin:0;background:${rgb(RED)}"><script>
   let said = "";
   addEventListener("keydown", ({ key }) => {
     said += key;
     if (said.endsWith("go")) document.body.style.background = "${rgb(GREEN)}";
     if (said.endsWith("no")) document.body.style.background = "${rgb(RED)}";
   });
   </script>`,
)}`;

/** Says in its title what its page draws from V8 and from BoringSSL. */
const DRAWS = `data:text/html,${encodeURIComponent(
  `<script>document.title = ["draws", Math.random(), crypto.getRandomValues(new Uint32Array(2))].join(" ")</script>`,
)}`;

let browserVm: BrowserVmUnderTest;
let browser: Browser;
let page: Page;
let sessionId: string;
let cloneIds: string[] = [];

beforeAll(async () => {
  browserVm = await BrowserVmUnderTest.start();
  browser = await launchChromium();
  ({ page } = await openPage(browser));
});

afterAll(async () => {
  await browser?.close();
  await browserVm?.[Symbol.asyncDispose]();
});

/** A colour as a lossless display shows it. */
const near = (seen: Rgb, wanted: Rgb) =>
  seen.every((part, index) => Math.abs(part - (wanted[index] ?? 0)) <= 4);
const showsSoon = (wanted: Rgb, whose = page) =>
  expect
    .poll(async () => near(await displayPixel(whose, 640, 400), wanted), { timeout: 240_000, interval: 500 })
    .toBe(true);
async function type(whose: Page, text: string): Promise<void> {
  await whose.locator("[data-testid=display] canvas").click();
  await whose.keyboard.type(text, { delay: 200 });
}

/** The numbers in the title of its window. */
async function drawnBy(id: string): Promise<string[]> {
  const titles = ["xdotool", "search", "--onlyvisible", "--name", "draws", "getwindowname"];
  const drawn = () => browserVm.text("exec", id, "--", ...titles).catch(() => ""); // no such window yet
  await expect.poll(drawn, { timeout: 120_000, interval: 1000 }).toMatch(/draws 0\.\d+ \d+,\d+/);
  return (await drawn()).match(/\d+\.?\d*/g) ?? [];
}

describe("first light", () => {
  test("a click on New session ends in live pixels of a proven VM", async () => {
    await page.goto(browserVm.url);
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    await page.getByRole("button", { name: "Start your first session" }).click();
    await page.getByRole("button", { name: "Start session" }).click();
    await page.waitForURL("**/sessions/ses_*");
    sessionId = page.url().split("/").at(-1) ?? "";
    await page.getByText("Live", { exact: true }).waitFor({ timeout: LAUNCH_MS });
    const { gate, vm } = (await browserVm.cli("show", sessionId)) as {
      gate?: { steps: { id: string; verdict: string }[] };
      vm?: { origin?: string };
    };
    expect(vm?.origin).toBe("snapshot");
    expect(gate?.steps.filter(({ verdict }) => verdict !== "pass").map(({ id }) => id)).toEqual([]);
    expect(gate?.steps.map(({ id }) => id)).toContain("R10");
  });

  test("an address typed in the page opens in the VM's browser", async () => {
    await page.getByLabel("Address to open in the VM").fill(TEST_PAGE);
    await page.getByLabel("Address to open in the VM").press("Enter");
    await showsSoon(RED);
  });

  test("keys typed in the page reach the page in the VM, and its pixels come back", async () => {
    await type(page, "go");
    await showsSoon(GREEN);
  });

  test("a guest by a link sees the same, and types when the control is given", async () => {
    await type(page, "go"); // it may be tried once more, from wherever it stopped
    const link = (await browserVm.cli("share", "link", sessionId, "--name", "Ann")) as { url: string };
    const { page: guest, context } = await openPage(browser);
    await guest.goto(link.url);
    await guest.getByText("Live", { exact: true }).waitFor({ timeout: 120_000 });
    await showsSoon(GREEN, guest);
    await guest
      .getByText(/has the control/)
      .first()
      .waitFor();
    await type(page, "x"); // who is idle for half a minute is not asked
    await guest.getByRole("button", { name: "Ask for it" }).click();
    await page.getByRole("button", { name: "Give it" }).click();
    await page.getByRole("button", { name: "Take it" }).waitFor();
    await type(guest, "no");
    await showsSoon(RED, guest);
    await page.getByRole("button", { name: "Take it" }).click();
    await page.getByRole("button", { name: "Take it" }).waitFor({ state: "detached" });
    await context.close();
    await type(page, "go");
    await showsSoon(GREEN);
  });

  test("the command line takes a picture of the same pixels", async () => {
    const file = join(browserVm.dir, "shot.png");
    await browserVm.cli("screenshot", sessionId, "--output", file);
    const png = PNG.sync.read(await readFile(file));
    const at = (400 * png.width + 640) * 4;
    expect(near([png.data[at] ?? 0, png.data[at + 1] ?? 0, png.data[at + 2] ?? 0], GREEN)).toBe(true);
  });

  test("pages of two clones of one snapshot draw no number in common", async () => {
    const clones = await Promise.all([0, 1].map(() => browserVm.cli("run", DRAWS)));
    const ids = clones.map((clone) => (clone as { id: string }).id);
    cloneIds = ids;
    const shown = ids.map(async (id) => (await browserVm.cli("show", id)) as { vm: { snapshotId: string } });
    const [one, two] = (await Promise.all(shown)).map(({ vm }) => vm.snapshotId);
    expect(one).toMatch(/^browser-/);
    expect(two).toBe(one);
    const drawn = await Promise.all(ids.map(drawnBy));
    expect(new Set(drawn.flat()).size).toBe(6);
  });

  test("a clone's media stream begins with a key frame, and goes on when its screen changes", async () => {
    const [id = ""] = cloneIds;
    const { vm } = (await browserVm.cli("show", id)) as { vm: { id: string } };
    const sight = await watchMedia(join(browserVm.dir, "r"), vm.id);
    const count = () => sight.frames.length;
    await expect.poll(count, { timeout: MEDIA_MS, interval: 200 }).toBeGreaterThan(0);
    const [first] = sight.frames;
    expect(first).toMatchObject({ codec: "vp8", isKey: true, width: 1280, height: 720, sequence: 0 });
    expect(first && readVp8(first.data)).toEqual({ isKey: true, width: 1280, height: 720 });
    await browserVm.text("exec", id, "--", "sh", "-c", "timeout 3 xev >/dev/null; true"); // a white window
    await expect.poll(count, { timeout: MEDIA_MS, interval: 200 }).toBeGreaterThan(1);
    expect(sight.frames.slice(1).map(({ data }) => readVp8(data).isKey)).not.toContain(true);
    expect(sight.said[0]).toMatchObject({ value: { codecs: ["vp8", "h264"], hasAudio: true } });
    sight.close();
    await browserVm.cli("stop", ...cloneIds);
  });

  test("hostd and controller are killed, the VM and the view come back by themselves", async () => {
    const before = await browserVm.services();
    process.kill(before.hostd ?? 0, "SIGKILL");
    process.kill(before.controller ?? 0, "SIGKILL");
    await expect
      .poll(
        async () =>
          ((await browserVm.cli("show", sessionId).catch(() => undefined)) as { status?: string } | undefined)
            ?.status,
        { timeout: 240_000, interval: 1000 },
      )
      .toBe("ready");
    const after = await browserVm.services();
    expect(after.hostd).not.toBe(before.hostd);
    expect(after.controller).not.toBe(before.controller);
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 120_000 });
    await showsSoon(GREEN);
  });

  test("ending it in the page leaves nothing", async () => {
    await page.getByRole("button", { name: "End" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End session" }).click();
    await expect
      .poll(async () => ((await browserVm.cli("show", sessionId)) as { status: string }).status, {
        timeout: 60_000,
      })
      .toBe("ended");
    expect((await browserVm.remains()).vms).toEqual([]);
  });

  test("Ctrl-C stops everything and leaves nothing", async () => {
    await browserVm.interrupt();
    expect(await browserVm.remains()).toEqual({ namespaces: [], processes: [], vms: [], links: [] });
  });
});
