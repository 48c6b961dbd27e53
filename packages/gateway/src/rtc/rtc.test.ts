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
