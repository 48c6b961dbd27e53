import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { GatewayFixture } from "../../packages/gateway/src/testing/gateway-fixture.ts";
import type { TestViewer } from "../../packages/gateway/src/testing/test-viewer.ts";
import { readIvf } from "./read-ivf.ts";
import { TurnRelay } from "./turn-relay.ts";

const PICTURES = readIvf(join(import.meta.dirname, "test-card.ivf"));
const SIZE = { width: 480, height: 270 };
const FRAME_MS = 40;
const ARGS = ["--headless=new", "--no-sandbox", "--disable-gpu"];
const ADDRESS = "10.77.0.1";
const RELAY = { address: ADDRESS, port: 3478, ports: [50_000, 50_099] } as const;
/** A browser gathers no candidates from loopback, and the namespace of this tier has nothing else. */
const LINKS = [
  "link add bvrtc0 type veth peer name bvrtc1",
  `addr add ${ADDRESS}/24 dev bvrtc0`,
  "link set bvrtc0 up",
  "link set bvrtc1 up",
];

/** The viewer's side, as text, because it runs in the page, whose types this program does not have. */
const offer = (iceServers: unknown) => `(async () => {
  const video = document.body.appendChild(document.createElement("video"));
  video.muted = true; video.autoplay = true;
  const pc = globalThis.pc = new RTCPeerConnection({ iceServers: ${JSON.stringify(iceServers)} });
  pc.ontrack = ({ track, streams }) => { if (track.kind === "video") video.srcObject = streams[0] ?? new MediaStream([track]); };
  pc.addTransceiver("video", { direction: "recvonly" });
  pc.addTransceiver("audio", { direction: "recvonly" });
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription.sdp;
})()`;
const DECODED = `pc.getStats().then((all) => [...all.values()].find((one) => one.type === "inbound-rtp" && one.kind === "video")?.framesDecoded ?? 0)`;
/** Of what kind our end of the chosen pair is. */
const LOCAL_CANDIDATE = `pc.getStats().then((all) => {
  const entries = [...all.values()];
  const { selectedCandidatePairId } = entries.find((one) => one.type === "transport");
  const { localCandidateId } = entries.find((one) => one.id === selectedCandidatePairId);
  return entries.find((one) => one.id === localCandidateId).candidateType;
})`;
/** The colour of a pixel of the video. */
const PIXEL = `(() => {
  const canvas = document.createElement("canvas");
  canvas.width = ${SIZE.width}; canvas.height = ${SIZE.height};
  const context = canvas.getContext("2d");
  context.drawImage(document.querySelector("video"), 0, 0);
  return [...context.getImageData(34, 50, 1, 1).data.slice(0, 3), ...context.getImageData(310, 50, 1, 1).data.slice(0, 3)];
})()`;

const directory = mkdtempSync(join(tmpdir(), "bvm-relay-"));
const secret = randomBytes(16).toString("hex");
const TURN = {
  urls: [`turn:${ADDRESS}:${RELAY.port}?transport=udp`],
  secretFile: join(directory, "secret"),
  lifetimeSeconds: 600,
};
writeFileSync(TURN.secretFile, secret, { mode: 0o600 });

let browser: Browser;
let f: GatewayFixture;
let page: Page;
let showing: NodeJS.Timeout;
beforeAll(async () => {
  const executablePath = process.env.BROWSERVM_TEST_CHROMIUM ?? "/usr/bin/chromium";
  for (const words of LINKS) execFileSync("ip", words.split(" "));
  browser = await chromium.launch({ executablePath, args: ARGS });
});
afterAll(async () => {
  await browser.close();
  execFileSync("ip", ["link", "del", "bvrtc0"]);
  rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  f = await GatewayFixture.start({ rtc: true, media: { listen: ADDRESS, turn: TURN } });
  f.guest.answersKeyFrames = false;
  showing = showPictures();
  page = await browser.newPage();
});
afterEach(async () => {
  clearInterval(showing);
  execFileSync("nft", ["flush", "ruleset"]);
  await page.close();
  await f[Symbol.asyncDispose]();
});

/** The guest shows its pictures again and again; one who asks for a key frame gets the first one. */
function showPictures(): NodeJS.Timeout {
  let at = 0;
  let keyFrames = 0;
  return setInterval(() => {
    if (f.guest.keyFrames > keyFrames || at === PICTURES.length) at = 0;
    keyFrames = f.guest.keyFrames;
    const data = PICTURES[at];
    if (data && f.guest.stream) f.guest.video({ ...SIZE, isKey: at === 0, data });
    at += 1;
  }, FRAME_MS);
}

async function connect(): Promise<TestViewer> {
  const viewer = await f.join();
  await expect.poll(() => viewer.of("stream/hello").length).toBe(1);
  const { iceServers } = viewer.of("signal/ice-servers").at(-1) ?? { iceServers: [] };
  viewer.say({ type: "rung/choose", rung: "webrtc", audio: false });
  viewer.say({ type: "signal/offer", sdp: await page.evaluate(offer(iceServers)) });
  await expect.poll(() => viewer.of("signal/answer").length, { timeout: 10_000 }).toBe(1);
  const answer = { type: "answer", sdp: viewer.of("signal/answer")[0]?.sdp };
  await page.evaluate(`pc.setRemoteDescription(${JSON.stringify(answer)})`);
  return viewer;
}

/** Both ways; what the gateway does on loopback is left alone. */
const dropUdp = () => drop(`ip daddr ${ADDRESS} meta l4proto udp drop`);

/** Between the gateway's port and all who are not the relay. */
function dropAllButRelayed(): void {
  const port = f.gateway.rtcPort;
  const relayed = `${RELAY.ports.join("-")}`;
  drop(
    `ip daddr ${ADDRESS} tcp dport ${port} drop`,
    `ip daddr ${ADDRESS} udp dport ${port} udp sport != ${relayed} drop`,
  );
}

function drop(...rules: string[]): void {
  execFileSync("nft", ["-f", "-"], {
    input: `table inet t { chain c { type filter hook input priority 0; ${rules.join("; ")}; }; }`,
  });
}

const decoded = () => page.evaluate<number>(DECODED);
const transport = async () => (await f.report()).viewers[0]?.transport;

/** That pictures come is proven by so many more of them. */
async function comeOn(more: number): Promise<void> {
  const before = await decoded();
  await expect.poll(decoded, { timeout: 20_000, interval: 100 }).toBeGreaterThan(before + more);
}

test("Chromium shows pictures that come by UDP, in their colours", { timeout: 60_000 }, async () => {
  await connect();
  await comeOn(20);
  expect(await transport()).toBe("udp");
  const [r1 = 0, g1 = 0, b1 = 0, r2 = 0, g2 = 0, b2 = 0] = await page.evaluate<number[]>(PIXEL);
  // The first bar of the test card is grey, the fifth magenta.
  expect(Math.max(r1, g1, b1) - Math.min(r1, g1, b1)).toBeLessThan(30);
  expect(Math.min(r2, b2) - g2).toBeGreaterThan(100);
});

test("Chromium shows pictures that can come by TCP only", { timeout: 60_000 }, async () => {
  dropUdp();
  await connect();
  await comeOn(20);
  expect(await transport()).toBe("tcp");
});

test("Chromium shows pictures that only a relay lets through, with the credentials that the gateway gave it", {
  timeout: 60_000,
}, async () => {
  await using relay = await TurnRelay.start({ ...RELAY, secret });
  dropAllButRelayed();
  await connect();
  await comeOn(20);
  expect(await page.evaluate(LOCAL_CANDIDATE)).toBe("relay");
  expect(relay.log).not.toContain(secret);
});

test("a relay with another secret lets nothing through", { timeout: 60_000 }, async () => {
  await using relay = await TurnRelay.start({ ...RELAY, secret: "another" });
  dropAllButRelayed();
  await connect();
  await expect.poll(() => relay.log, { timeout: 20_000 }).toMatch(/Cannot find credentials of user/);
  expect(await decoded()).toBe(0);
});
