import { afterEach, describe, expect, test } from "vitest";
import { GatewayFixture } from "../testing/gateway-fixture.ts";
import { RtcViewer } from "../testing/rtc-viewer.ts";

const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 8000, interval: 5 }).toEqual(wanted);
const isTrue = (value: () => boolean) => until(value, true);

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function fixture(): Promise<GatewayFixture> {
  const f = await GatewayFixture.start({ rtc: true });
  open.push(f);
  return f;
}

async function connected(f: GatewayFixture, transport: "udp" | "tcp", letter = "a") {
  const viewer = await f.join({ viewer: letter });
  const rtc = new RtcViewer({ transport });
  open.push(rtc);
  await rtc.connect(viewer);
  await isTrue(() => rtc.connection.connectionState === "connected");
  return { viewer, rtc };
}

/** Random, but what VP8 says in its first byte: whether it is a key frame. */
function picture(bytes: number, isKey: boolean): Uint8Array {
  const data = crypto.getRandomValues(new Uint8Array(bytes));
  data[0] = isKey ? (data[0] ?? 0) & 0xfe : (data[0] ?? 0) | 1;
  return data;
}

describe.each(["udp", "tcp"] as const)("pictures over WebRTC by %s", (transport) => {
  test("come bit for bit, with the guest's clock as their timestamp, and with sound", async () => {
    const f = await fixture();
    const { rtc } = await connected(f, transport);
    await isTrue(() => rtc.frames.length > 0);
    rtc.frames.length = 0;
    const sent = [
      f.guest.video({ isKey: true, data: picture(30_000, true) }),
      f.guest.video({ data: picture(700, false) }),
    ];
    f.guest.audio(0);
    f.guest.audio(1);
    await isTrue(() => rtc.frames.length === 2);
    expect(rtc.frames.map(({ data }) => data.toString("hex"))).toEqual(
      sent.map(({ data }) => Buffer.from(data).toString("hex")),
    );
    expect(rtc.frames[0]?.timestamp).toBe(Math.floor(((sent[0]?.capturedUs ?? 0) * 90) / 1000) % 2 ** 32);
    await isTrue(() => rtc.sounds === 2);
    const { viewers } = await f.report();
    expect(viewers).toMatchObject([{ rung: "webrtc", transport, dropped: 0 }]);
  });
});

describe("WebRTC", () => {
  test("asks the guest for a key frame when a viewer has lost its picture, and for who comes late", async () => {
    const f = await fixture();
    const { rtc } = await connected(f, "udp");
    await isTrue(() => rtc.frames.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 320));
    const before = f.guest.keyFrames;
    const [receiver] = rtc.connection.getReceivers().filter(({ kind }) => kind === "video");
    const [track] = receiver?.tracks ?? [];
    await receiver?.sendRtcpPLI(track?.ssrc ?? 0);
    await until(() => f.guest.keyFrames, before + 1);
    const late = performance.now();
    const other = await connected(f, "udp", "b");
    await isTrue(() => other.rtc.frames.length > 0);
    expect(other.rtc.frames[0]?.isKey).toBe(true);
    expect(performance.now() - late).toBeLessThan(2000);
  });

  test("comes up while frames come by WebSocket, which ends when it carries them", async () => {
    const f = await fixture();
    const viewer = await f.join();
    const rtc = new RtcViewer({ transport: "udp" });
    open.push(rtc);
    viewer.say({ type: "rung/choose", rung: "webrtc", audio: false, meanwhile: true });
    await isTrue(() => viewer.frames.length > 0);
    await rtc.connect(viewer, true);
    await isTrue(() => rtc.frames.length > 0);
    const before = viewer.frames.length;
    f.guest.video();
    await isTrue(() => rtc.frames.length > 1);
    expect(viewer.frames.length).toBe(before);
    viewer.say({ type: "rung/choose", rung: "webrtc", audio: false });
    viewer.say({ type: "rung/choose", rung: "webrtc", audio: false, meanwhile: true });
    await isTrue(() => viewer.frames.length > before);
  });

  test("that a viewer gives up before a check could come was no try", async () => {
    const f = await fixture();
    const { viewer } = await connected(f, "udp");
    const tried = async () => (await f.report()).viewers.map(({ offers, checks }) => ({ offers, ...checks }));
    const [before] = await tried();
    expect(before).toMatchObject({ offers: 1, udp: expect.any(Number) });
    const other = new RtcViewer({ transport: "udp" });
    open.push(other);
    viewer.say({ type: "signal/offer", sdp: await other.offer() });
    await until(tried, [{ offers: 2, udp: 0, tcp: 0 }]);
    viewer.say({ type: "rung/choose", rung: "vnc", audio: false });
    await until(async () => (await tried())[0]?.offers, 1);
    expect((await tried())[0]?.udp).toBeGreaterThanOrEqual(before?.udp ?? 1);
  });

  test("replaces a viewer's connection by its next offer, and ends it when the viewer goes", async () => {
    const f = await fixture();
    const { viewer } = await connected(f, "udp");
    const again = new RtcViewer({ transport: "udp" });
    open.push(again);
    viewer.messages.length = 0;
    await again.connect(viewer);
    await isTrue(() => again.frames.length > 0);
    expect((await f.report()).viewers).toMatchObject([{ transport: "udp" }]);
    viewer.ws.close();
    await until(async () => (await f.report()).viewers, []);
  });

  test("refuses offers that are none, and goes on for everybody else", async () => {
    const f = await fixture();
    const { rtc } = await connected(f, "udp");
    const bad = await f.join({ viewer: "b" });
    bad.say({ type: "rung/choose", rung: "webrtc", audio: false });
    const video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n";
    const offers = [
      "",
      "junk",
      `v=0\r\n${video}`,
      `v=0\r\n${video}a=ice-ufrag:x\r\na=ice-pwd:y\r\na=mid:0\r\na=fingerprint:sha-256 00\r\n`,
    ];
    for (const [index, sdp] of offers.entries()) {
      bad.say({ type: "signal/offer", sdp });
      await until(() => bad.refusals.length + bad.of("signal/answer").length, index + 1);
    }
    expect(bad.refusals.slice(0, 2)).toEqual(["signal/offer OFFER_REFUSED", "signal/offer OFFER_REFUSED"]);
    rtc.frames.length = 0;
    f.guest.video({ isKey: true, data: picture(10, true) });
    await isTrue(() => rtc.frames.length > 0);
  });

  test("outlives what a viewer sends in the place of DTLS and RTCP", async () => {
    const f = await fixture();
    const { rtc } = await connected(f, "udp");
    const hostile = await connected(f, "udp", "b");
    const [transport] = hostile.rtc.connection.iceTransports;
    for (const first of [20, 21, 22, 23, 25, 63, 128, 144, 191])
      for (let length = 1; length < 200; length += 13) {
        const packet = Buffer.from(crypto.getRandomValues(new Uint8Array(length)));
        packet[0] = first;
        await transport?.connection.send(packet);
      }
    rtc.frames.length = 0;
    f.guest.video({ isKey: true, data: picture(10, true) });
    await isTrue(() => rtc.frames.length > 0);
  });

  test("is left out when its port is another's: video goes by WebSocket", async () => {
    const first = await fixture();
    const second = await GatewayFixture.start({ rtc: true, rtcPort: first.gateway.rtcPort ?? 0 });
    open.push(second);
    expect(second.gateway.rtcPort).toBeUndefined();
    const viewer = await second.join();
    await until(() => viewer.of("stream/hello")[0]?.rungs, ["websocket", "vnc"]);
  });
});
