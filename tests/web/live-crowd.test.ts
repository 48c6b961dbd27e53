import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GatewayFixture } from "../../packages/gateway/src/testing/gateway-fixture.ts";
import { launchChromium } from "./chromium.ts";
import { readIvf } from "./read-ivf.ts";

const VIEWERS = 10;
const PICTURES = readIvf(join(import.meta.dirname, "test-card.ivf"));
const FRAME_MS = 33;
const LOOK_MS = 4000;
const SOON = { timeout: 30_000, interval: 100 };
const ADDRESS = "10.80.0.1";
/** A browser gathers no candidates from loopback, and the namespace of this tier has nothing else. */
const LINKS = [
  "link add bvcrowd0 type veth peer name bvcrowd1",
  `addr add ${ADDRESS}/24 dev bvcrowd0`,
  "link set bvcrowd0 up",
  "link set bvcrowd1 up",
];
/** One viewer's side, as text, because it runs in the page, whose types this program does not have. */
const OFFER = `(async () => {
  const pc = new RTCPeerConnection(), video = document.createElement("video");
  (globalThis.pcs ??= []).push(pc);
  video.muted = video.autoplay = true;
  pc.ontrack = ({ track }) => { video.srcObject = new MediaStream([track]); void video.play(); };
  pc.addTransceiver("video", { direction: "recvonly" });
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription.sdp;
})()`;
/** How many pictures each connection has received whole. */
const RECEIVED = `Promise.all(pcs.map(async (pc) => [...(await pc.getStats()).values()]
  .find(({ type, kind }) => type === "inbound-rtp" && kind === "video")?.framesReceived ?? 0))`;

/** For who reads the run. */
const note = (words: string) => process.stderr.write(`${words}\n`);

test("ten viewers of one session cost one stream of the guest, and none of them starves", {
  timeout: 120_000,
}, async () => {
  await using undo = new AsyncDisposableStack();
  for (const words of LINKS) execFileSync("ip", words.split(" "));
  undo.defer(() => void execFileSync("ip", ["link", "del", "bvcrowd0"]));
  const f = undo.use(await GatewayFixture.start({ rtc: true, media: { listen: ADDRESS } }));
  f.guest.answersKeyFrames = false;
  const browser = await launchChromium();
  undo.defer(() => browser.close());
  const page = await browser.newPage();
  let [at, asked, sent] = [0, 0, 0];
  const showing = setInterval(() => {
    if (f.guest.keyFrames > asked || at === PICTURES.length) at = 0;
    asked = f.guest.keyFrames;
    const data = PICTURES[at];
    if (!data || !f.guest.stream) return;
    f.guest.video({ width: 480, height: 270, isKey: at === 0, data });
    at += 1;
    sent += 1;
  }, FRAME_MS);
  undo.defer(() => clearInterval(showing));
  const before = process.memoryUsage().rss;
  for (const letter of "abcdefghij") {
    const viewer = await f.join({ viewer: letter });
    viewer.say({ type: "rung/choose", rung: "webrtc", audio: false });
    viewer.say({ type: "signal/offer", sdp: await page.evaluate(OFFER) });
    await expect.poll(() => viewer.of("signal/answer").length, SOON).toBe(1);
    const answer = { type: "answer", sdp: viewer.of("signal/answer")[0]?.sdp };
    await page.evaluate(`pcs.at(-1).setRemoteDescription(${JSON.stringify(answer)})`);
  }
  const received = () => page.evaluate<number[]>(RECEIVED);
  await expect.poll(async () => Math.min(...(await received())), SOON).toBeGreaterThan(5);

  const [had, began, cpu, sentBefore] = [await received(), performance.now(), process.cpuUsage(), sent];
  await page.waitForTimeout(LOOK_MS);
  const got = (await received()).map((count, index) => count - (had[index] ?? 0));
  const [made, seconds] = [sent - sentBefore, (performance.now() - began) / 1000];
  const { user, system } = process.cpuUsage(cpu);
  const mib = (process.memoryUsage().rss - before) / 2 ** 20;
  note(
    `${VIEWERS} viewers: ${(made / seconds).toFixed(1)} pictures a second made, ${Math.min(...got)} to ${Math.max(...got)} of ${made} received; ` +
      `gateway and guest ${((user + system) / 1e6 / seconds).toFixed(2)} of a processor, ${mib.toFixed(0)} MiB more than before`,
  );
  expect(got).toHaveLength(VIEWERS);
  expect(Math.min(...got)).toBeGreaterThan(made * 0.8);
  expect(f.guest.connections).toBe(1);
  expect(f.guest.asked).toHaveLength(1);
  expect(mib / VIEWERS).toBeLessThan(25);
});
