import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LadderFixture } from "./ladder-fixture.ts";
import { SOON } from "./sharing-fixture.ts";

/** A try that fails on a busy machine is made again after 30 s. What steps take on a quiet one: docs/live-video.md. */
const FALL = { timeout: 50_000, interval: 50 };
const UDP = "meta l4proto udp";

let f: LadderFixture;
beforeAll(async () => {
  f = await LadderFixture.start();
  await f.openSession();
});
afterAll(() => f?.[Symbol.asyncDispose]());

const media = () => ["dport", "sport"].map((end) => `tcp ${end} ${f.rtcPort}`);

/** Waits until the page says that this is its way, and more pictures of video are painted; answers how long that took. */
async function videoComesBy(way: RegExp): Promise<number> {
  const began = performance.now();
  await expect.poll(() => f.way(), FALL).toMatch(way);
  const seen = await f.painted();
  await expect.poll(() => f.painted(), SOON).not.toBe(seen);
  return performance.now() - began;
}

async function typeIn(key: string, keysym: number): Promise<void> {
  const before = f.display.keys.length;
  await f.page.getByTestId("display").click({ position: { x: 100, y: 300 } });
  await f.page.keyboard.press(key);
  await expect.poll(() => f.display.keys.slice(before), SOON).toContain(keysym);
}

/** A browser that never says of a connection that it broke. */
const SAYS_NOTHING = `(() => {
  let proto = RTCPeerConnection.prototype;
  while (!Object.hasOwn(proto, "connectionState")) proto = Object.getPrototypeOf(proto);
  const { get } = Object.getOwnPropertyDescriptor(proto, "connectionState");
  const told = function () { return ["disconnected", "failed"].includes(get.call(this)) ? "connected" : get.call(this); };
  Object.defineProperty(proto, "connectionState", { get: told });
})()`;

/** For who reads the run: what a step took. */
const note = (what: string, ms: number) => process.stderr.write(`${what}: ${Math.round(ms)} ms\n`);

describe("the ladder, by packets that are really dropped", () => {
  test("begins with WebRTC over UDP", async () => {
    await videoComesBy(/^Video by WebRTC over UDP$/);
    const [viewer] = await f.viewers();
    expect(viewer).toMatchObject({ rung: "webrtc", transport: "udp", wants: "webrtc", refused: null });
    expect(viewer?.checks.udp).toBeGreaterThan(0);
    expect(await f.named()).toEqual([]);
  });

  test("shows a late joiner its picture at once", async () => {
    const page = await f.another();
    await f.openSession(page);
    const ms = () => page.evaluate<number | null>("paintedAt && paintedAt - liveOpenedAt");
    await expect.poll(ms, SOON).not.toBe(null);
    note("late joiner, its connection to the gateway → first picture", (await ms()) ?? 0);
    await page.context().close();
    await expect.poll(async () => (await f.viewers()).length, SOON).toBe(1);
  });

  test("plays a sound that has energy, and none when it is muted", async () => {
    expect(await f.sound("totalAudioEnergy")).toBe(0);
    await f.page.getByRole("button", { name: "Let the VM be heard" }).click();
    await expect.poll(() => f.sound("totalAudioEnergy"), SOON).toBeGreaterThan(0.001);
    await f.page.getByRole("button", { name: "Mute the VM's sound" }).click();
    const packets = () => f.sound("packetsReceived");
    const comeStill = async () => {
      const before = await packets();
      await f.page.waitForTimeout(300);
      return (await packets()) > before;
    };
    await expect.poll(comeStill, SOON).toBe(false);
  });

  // By ICE itself where the browser kept a pair by TCP, else by another offer: Chromium drops such pairs soon.
  test("goes over to TCP when UDP is dropped under it, without the browser's word", async () => {
    await f.page.evaluate(SAYS_NOTHING); // until the page is loaded again
    f.machine.drop(UDP);
    note("UDP dropped → video by TCP", await videoComesBy(/^Video by WebRTC over TCP$/));
    expect(f.machine.dropped).toBeGreaterThan(0);
    await expect.poll(() => f.viewers(), SOON).toMatchObject([{ rung: "webrtc", transport: "tcp" }]);
  });

  test("comes by TCP where UDP is dropped from the beginning", async () => {
    f.machine.drop(UDP); // counted anew
    await f.page.reload();
    note("page loaded, UDP dropped → video by TCP", await videoComesBy(/^Video by WebRTC over TCP$/));
    expect(f.machine.dropped).toBeGreaterThan(0);
    await expect.poll(() => f.viewers(), SOON).toMatchObject([{ rung: "webrtc", transport: "tcp" }]);
    await expect.poll(() => f.named(), FALL).toEqual(["live-udp-blocked"]);
  });

  test("falls to WebSocket when TCP to that port is dropped too", async () => {
    f.machine.drop(UDP, ...media());
    note("TCP dropped → video by WebSocket", await videoComesBy(/^Video by WebSocket: /));
    expect(f.machine.dropped).toBeGreaterThan(0);
    expect(await f.viewers()).toMatchObject([{ rung: "websocket", wants: "webrtc" }]);
    const offers = async () => (await f.viewers())[0]?.offers ?? 0;
    const before = await offers();
    await f.machine.replug(); // WebRTC is tried again at once, and not a packet of it comes
    await expect.poll(offers, SOON).toBeGreaterThan(before);
    await expect.poll(() => f.named(), FALL).toEqual(["live-port-blocked"]);
    await videoComesBy(/^Video by WebSocket: /);
  });

  test("falls to VNC when the WebSocket of video is dropped, and the display keeps its keys", async () => {
    const [before, began] = [f.display.pictures, performance.now()];
    f.dropLive((ports) => f.machine.drop(UDP, ...media(), ...ports));
    const words = /^Pictures by VNC: there is no connection to the media gateway/;
    await expect.poll(() => f.way(), FALL).toMatch(words);
    await expect.poll(() => f.display.pictures, SOON).toBeGreaterThan(before);
    note("WebSocket dropped → VNC", performance.now() - began);
    await typeIn("a", 0x61);
  });

  test("climbs back to the top when nothing is dropped any more and the cable is in again", async () => {
    f.dropLive(undefined);
    f.machine.drop();
    await f.machine.replug();
    note("cable in again → video by UDP", await videoComesBy(/^Video by WebRTC over UDP$/));
  });

  test("comes back in another network, with another address, and so do the keys", async () => {
    f.machine.unplug();
    f.machine.moveAway();
    const before = f.livePorts.length;
    await f.page.waitForTimeout(300);
    f.machine.plug();
    const began = performance.now();
    await expect.poll(() => f.livePorts.length, FALL).toBeGreaterThan(before);
    await videoComesBy(/^Video by WebRTC over UDP$/);
    note("another network → video by UDP", performance.now() - began);
    await typeIn("b", 0x62);
  });
});
