import { describe, expect, test } from "vitest";
import { displayPixel } from "./chromium.ts";
import { useLive } from "./live-fixture.ts";
import { AGE_US } from "./mock-gateway.ts";
import { SOON } from "./sharing-fixture.ts";

const { web, button, menu, way, open, videoPixel, plays, openMenu, hide } = useLive();
const QUICK = { timeout: 2000, interval: 20 };
const gateway = () => web.api.gateway;
const display = () => web.api.only.display;

/** How many pictures the display has sent, after the one that may have been asked for before video played. */
async function sentPictures(): Promise<number> {
  display().resize(1280, 720);
  await web.page.waitForTimeout(300);
  return display().pictures;
}

describe("video over WebSocket", () => {
  test("is painted within two seconds exactly over the display, which sends no picture and keeps the keys", async () => {
    await open();
    await expect.poll(async () => (await videoPixel()) !== null, QUICK).toBe(true);
    await plays();
    await way("Video by WebSocket: the gateway does not serve WebRTC");
    const box = (selector: string) =>
      web.page.evaluate(`JSON.stringify(document.querySelector("${selector}").getBoundingClientRect())`);
    expect(await box("[data-testid=video]")).toBe(await box("[data-testid=display] canvas"));
    const pictures = await sentPictures();
    await web.page.getByTestId("display").click({ position: { x: 100, y: 300 } });
    await web.page.keyboard.press("a");
    await expect.poll(() => display().keys, SOON).toEqual([0x61]);
    expect(display().clicks).toHaveLength(1);
    await web.page.waitForTimeout(200);
    expect(display().pictures).toBe(pictures);
    await openMenu();
    await menu().getByLabel("VNC").check();
    await way("Pictures by VNC");
    // what changed while nothing was sent
    await expect.poll(() => displayPixel(web.page, 20, 20), SOON).toEqual([14, 140, 92]);
    expect(display().pictures).toBe(pictures + 1);
    expect(await videoPixel()).toBe(null);
    expect(web.complaints).toEqual([]);
  });

  test("falls to VNC at once when the gateway dies, and climbs back when it is there again", async () => {
    await open();
    await plays();
    const { pictures } = display();
    gateway().isUp = false;
    gateway().drop();
    await way("Pictures by VNC: there is no connection to the media gateway");
    await expect.poll(() => display().pictures, SOON).toBe(pictures + 1);
    gateway().isUp = true;
    await plays();
    expect(gateway().chosen).toMatchObject({ rung: "websocket" });
    expect(web.api.sharing.comings).toHaveLength(1);
  });

  test("is not tried again and again where this browser knows no codec of the VM", async () => {
    await web.page.addInitScript("VideoDecoder.isConfigSupported = async () => ({ supported: false });");
    await open();
    await way("Pictures by VNC: this browser cannot decode vp8");
    await expect.poll(() => gateway().chosen, SOON).toMatchObject({ rung: "vnc" });
    expect(await videoPixel()).toBe(null);
    expect(gateway().comings).toBe(1);
  });

  test("is not sent to a hidden tab, and comes back with it", async () => {
    await open();
    await plays();
    const pictures = await sentPictures();
    await hide(true);
    await expect.poll(() => gateway().chosen, SOON).toMatchObject({ rung: "vnc" });
    display().resize(1280, 720);
    await web.page.waitForTimeout(100);
    expect(display().pictures).toBe(pictures);
    await hide(false);
    await plays();
    expect(display().pictures).toBeGreaterThan(pictures);
    expect(gateway().comings).toBe(1);
  });

  test("follows WebRTC that the gateway refuses, without a wait", async () => {
    gateway().rungs = ["webrtc", "websocket", "vnc"];
    gateway().refuses = "signal/offer";
    await open();
    await expect.poll(async () => (await videoPixel()) !== null, QUICK).toBe(true);
    await way("Video by WebSocket: not in this test");
    const [offer] = gateway().heardOf("signal/offer");
    expect(offer?.sdp.match(/^m=\w+|^a=recvonly/gm)).toEqual([
      "m=video",
      "a=recvonly",
      "m=audio",
      "a=recvonly",
    ]);
  });
});

describe("what can be chosen", () => {
  test("nothing is encoded in an emulated VM unless somebody wants it, and it is said why", async () => {
    await open("tcg");
    await way("Pictures by VNC: this VM is emulated: encoding video in it would slow its browser down");
    expect(gateway().comings).toBe(0);
    await openMenu();
    await menu().getByLabel("WebSocket").check();
    await plays();
    await menu().getByLabel("Auto").check();
    await way("Pictures by VNC: this VM is emulated");
  });

  test("who may control sets the quality, and sees what is refused", async () => {
    await open();
    await plays();
    await openMenu();
    await menu().getByLabel("Codec").selectOption("h264");
    await menu().getByLabel("At most").selectOption("2000");
    await menu().getByLabel("Frames").selectOption("15");
    await expect
      .poll(() => gateway().heardOf("quality/set"), SOON)
      .toEqual([
        { type: "quality/set", codec: "h264" },
        { type: "quality/set", maxKbps: 2000 },
        { type: "quality/set", fps: 15 },
      ]);
    await expect.poll(() => menu().getByLabel("At most").inputValue(), SOON).toBe("2000");
    // the stream has become H.264 without a break
    await plays();
    await way("Video by WebSocket");
    gateway().refuses = "quality/set";
    await menu().getByLabel("Frames").selectOption("60");
    await menu().getByRole("alert").filter({ hasText: "not in this test" }).waitFor();
    await web.page.keyboard.press("Escape");
    await expect.poll(() => menu().count(), SOON).toBe(0);
    expect(await web.focused()).toBe("Quality of the picture");
  });

  test("who may only look chooses the way, and nothing that others would see", async () => {
    web.api.role = "link";
    await open();
    await plays();
    await openMenu();
    expect(await menu().getByRole("radio").count()).toBe(4);
    expect(await menu().getByRole("combobox").count()).toBe(0);
  });

  test("sound is off until it is wanted, and then played", async () => {
    await web.page.addInitScript(`
      globalThis.started = 0;
      const { start } = AudioBufferSourceNode.prototype;
      AudioBufferSourceNode.prototype.start = function (...when) {
        if (this.buffer.getChannelData(0).some((value) => Math.abs(value) > 0.05)) globalThis.started += 1;
        return start.apply(this, when);
      };
    `);
    await open();
    await plays();
    expect(gateway().chosen).toMatchObject({ audio: false });
    await button("Let the VM be heard").click();
    await expect.poll(() => web.page.evaluate("started"), SOON).toBeGreaterThan(5);
    expect(gateway().chosen).toMatchObject({ rung: "websocket", audio: true });
    await button("Mute the VM's sound").click();
    await expect.poll(() => gateway().chosen, SOON).toMatchObject({ rung: "websocket", audio: false });
    await button("Let the VM be heard").waitFor();
    expect(web.complaints).toEqual([]);
  });
});

describe("what is told", () => {
  test("the numbers are shown by a key, also while the VM has the keyboard, and told to the gateway", async () => {
    await open();
    await plays();
    await web.page.getByTestId("display").click({ position: { x: 100, y: 300 } });
    await web.page.keyboard.press("Control+Alt+s");
    const numbers = web.page.getByRole("region", { name: "Numbers of the picture" });
    await numbers.getByText(/^2[0-9] per second, \d+ dropped$/).waitFor();
    await numbers.getByText(/^\d+(\.\d)? ms \/ \d+(\.\d)? ms$/).waitFor();
    await numbers.getByText("4.0 ms").waitFor();
    expect(display().keys).not.toContain(0x73);
    await expect.poll(() => gateway().heardOf("stats/report").at(-1)?.stats.latencyMs, SOON).toBeTruthy();
    const stats = gateway().heardOf("stats/report").at(-1)?.stats;
    expect(stats).toMatchObject({ rung: "websocket", transport: null, loss: 0 });
    // the pings of a busy machine tell the clock to some milliseconds; a wrong one would be so by more than a frame's age
    expect(stats?.latencyMs?.p50).toBeGreaterThan((AGE_US / 1000) * 0.9);
    expect(stats?.latencyMs?.p95).toBeLessThan(5000);
    await button("Numbers of the picture (Ctrl+Alt+S)").click();
    expect(await numbers.count()).toBe(0);
  });

  test("why there is no video, where somebody chose it and none comes", async () => {
    gateway().hasFrames = false;
    await web.reopen({ viewport: { width: 390, height: 780 }, colorScheme: "dark" });
    await open("tcg");
    await openMenu();
    await menu().getByLabel("WebSocket").check();
    await web.page.keyboard.press("Escape");
    const card = web.page.getByRole("region", { name: "Why is there no video?" });
    await card
      .getByText("The VM does not read its screen: its display or its capture does not run.")
      .waitFor();
    expect(await web.overflow()).toBe(0);
    await card.getByRole("button", { name: "Hide this" }).click();
    expect(await card.count()).toBe(0);
    await expect.poll(() => displayPixel(web.page, 20, 20), SOON).toEqual([52, 92, 224]);
  });
});
