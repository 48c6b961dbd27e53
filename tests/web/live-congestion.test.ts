import { execFileSync } from "node:child_process";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { GatewayFixture } from "../../packages/gateway/src/testing/gateway-fixture.ts";
import { launchChromium } from "./chromium.ts";
import { NarrowWay } from "./narrow-way.ts";

const [OURS, NARROW] = ["10.79.0.1", "10.79.0.2"];
const FRAME_MS = 33;
const SOON = { timeout: 15_000, interval: 50 };
/** A browser gathers no candidates from loopback, and the namespace of this tier has nothing else. */
const LINKS = [
  "link add bvcong0 type veth peer name bvcong1",
  `addr add ${OURS}/24 dev bvcong0`,
  `addr add ${NARROW}/24 dev bvcong0`,
  "link set bvcong0 up",
  "link set bvcong1 up",
];
/** The viewer's side, as text, because it runs in the page, whose types this program does not have. */
const OFFER = `(async () => {
  const pc = globalThis.pc = new RTCPeerConnection();
  pc.addTransceiver("video", { direction: "recvonly" });
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription.sdp;
})()`;
/** What the browser counts of the picture. */
const COUNTED = `pc.getStats().then((all) => {
  const one = [...all.values()].find(({ type, kind }) => type === "inbound-rtp" && kind === "video");
  return { lost: one?.packetsLost ?? 0, again: one?.retransmittedPacketsReceived ?? 0 };
})`;

let f: GatewayFixture;
let way: NarrowWay;
let browser: Browser;
let page: Page;
let showing: NodeJS.Timeout;
beforeAll(async () => {
  for (const words of LINKS) execFileSync("ip", words.split(" "));
  f = await GatewayFixture.start({ rtc: true, media: { listen: OURS, announce: [NARROW] } });
  way = await NarrowWay.open({ address: NARROW, target: { address: OURS, port: f.gateway.rtcPort ?? 0 } });
  browser = await launchChromium();
  page = await browser.newPage();
  showing = setInterval(show, FRAME_MS);
  await connect();
});
beforeEach(() => {
  way.kbps = 50_000;
  way.bufferBytes = 1_000_000;
});
afterAll(async () => {
  clearInterval(showing);
  await browser?.close();
  way?.[Symbol.dispose]();
  await f?.[Symbol.asyncDispose]();
  execFileSync("ip", ["link", "del", "bvcong0"]);
});

/** A guest that makes as much as it is allowed to; nobody decodes it. */
function show(): void {
  if (!f.guest.stream) return;
  const data = new Uint8Array((kbps() / 8) * FRAME_MS).fill(1);
  f.guest.video({ data });
}

const kbps = () => f.guest.settings.at(-1)?.kbps ?? 0;
const counted = () => page.evaluate<{ lost: number; again: number }>(COUNTED);

async function connect(): Promise<void> {
  const viewer = await f.join();
  viewer.say({ type: "rung/choose", rung: "webrtc", audio: false });
  viewer.say({ type: "signal/offer", sdp: await page.evaluate(OFFER) });
  await vi.waitFor(() => expect(viewer.of("signal/answer")).toHaveLength(1), SOON);
  const answer = { type: "answer", sdp: viewer.of("signal/answer")[0]?.sdp };
  await page.evaluate(`pc.setRemoteDescription(${JSON.stringify(answer)})`);
  await vi.waitFor(() => expect(way.passed).toBeGreaterThan(200), SOON);
}

test("a way that gets narrow makes the guest send less before anything is lost, and the queue goes", async () => {
  await expect.poll(kbps, SOON).toBeGreaterThan(1500);
  way.kbps = 1000;
  await expect.poll(kbps, SOON).toBeLessThan(1000);
  await expect.poll(() => way.queueMs, SOON).toBeLessThan(50);
  expect(way.dropped).toBe(0);
});

test("a way that is wide again gets more", async () => {
  const before = kbps();
  await expect.poll(kbps, SOON).toBeGreaterThan(before * 1.15);
});

test("what is lost comes again by a stream of its own", async () => {
  const before = await counted();
  way.kbps = 20_000;
  way.bufferBytes = 2000;
  await expect.poll(async () => (await counted()).again, SOON).toBeGreaterThan(before.again + 3);
});
