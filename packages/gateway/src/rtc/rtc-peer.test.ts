import { afterEach, describe, expect, test } from "vitest";
import type { PacketFate } from "../congestion/send-log.ts";
import { RtcViewer } from "../testing/rtc-viewer.ts";
import { twccBytes } from "../testing/twcc-bytes.ts";
import type { MakePeer, MediaPacket, RtcPeer } from "./rtc-peer.ts";
import { cleanOffer, credentialsOf, loopbackPort } from "./sdp.ts";
import { vp8Payloads } from "./vp8-payloads.ts";
import { makeWeriftPeer } from "./werift-peer.ts";

const LIBRARIES: readonly (readonly [string, MakePeer])[] = [["werift", makeWeriftPeer]];
const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 5000, interval: 5 }).toEqual(wanted);

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

/** A viewer that comes to the library's own socket, without our port before it. */
async function connect(makePeer: MakePeer, isModern = false) {
  const viewer = new RtcViewer({ transport: "udp", isModern });
  open.push(viewer);
  const heard: string[] = [];
  const fates: PacketFate[] = [];
  const peer: RtcPeer = await makePeer(cleanOffer(await viewer.offer()), {
    connected: () => heard.push("connected"),
    ended: () => heard.push("ended"),
    needsKey: () => heard.push("needsKey"),
    loss: () => {},
    missing: (sequences) => heard.push(`missing ${sequences}`),
    fates: (found) => fates.push(...found),
  });
  open.push(peer);
  await viewer.accept(peer.answer);
  await until(() => heard, ["connected"]);
  return { viewer, peer, heard, fates };
}

const packet = (payload: Buffer, sequence: number, isLast: boolean): MediaPacket => ({
  payload,
  sequence,
  isLast,
  timestamp: 4_000_000_000,
});

describe.each(LIBRARIES)("a peer by %s", (_, makePeer) => {
  test("listens on loopback only, and says what was agreed on", async () => {
    const { peer } = await connect(makePeer);
    expect(peer.codecs).toEqual(["vp8"]);
    expect(loopbackPort(peer.answer)).toBeGreaterThan(0);
    expect(credentialsOf(peer.answer).password.length).toBeGreaterThanOrEqual(22);
    const candidates = peer.answer.split("\r\n").filter((line) => line.startsWith("a=candidate:"));
    expect(candidates.every((line) => line.includes(" 127.0.0.1 "))).toBe(true);
  });

  test("sends payloads as they are, under the numbers and times that it was given", async () => {
    const { viewer, peer } = await connect(makePeer);
    const frame = crypto.getRandomValues(new Uint8Array(5000));
    const payloads = vp8Payloads(frame, 7);
    for (const [at, payload] of payloads.entries())
      peer.video("vp8", packet(payload, (65_534 + at) & 0xffff, at === payloads.length - 1));
    await until(() => viewer.frames.length, 1);
    expect(viewer.frames[0]?.data).toEqual(Buffer.from(frame));
    expect(viewer.frames[0]?.timestamp).toBe(4_000_000_000);
    peer.audio(packet(Buffer.from([0xfc]), 1, false));
    await until(() => viewer.sounds, 1);
  });

  test.each([
    ["as it was", false],
    ["in a stream of its own, with its own number", true],
  ])("sends again what the viewer misses, %s", async (_, isModern) => {
    const { viewer, peer, heard } = await connect(makePeer, isModern);
    expect(peer.answer.includes("a=ssrc-group:FID")).toBe(isModern);
    const frame = crypto.getRandomValues(new Uint8Array(3400));
    const payloads = vp8Payloads(frame, 7).map((payload, at) => packet(payload, 100 + at, at === 2));
    const [first, second, third] = payloads;
    if (!first || !second || !third) throw new Error("three packets");
    peer.video("vp8", first);
    peer.video("vp8", third);
    await until(() => heard.includes("missing 101"), true);
    peer.again("vp8", second);
    await until(() => viewer.sequences, [100, 102, 101]);
  });

  test("tells when packets were sent, and when they came by the viewer's clock", async () => {
    const { viewer, peer, fates } = await connect(makePeer, true);
    const before = performance.now();
    for (let at = 0; at < 3; at += 1) peer.video("vp8", packet(Buffer.from([0x10, at, 0, 0]), at, true));
    await until(() => viewer.sequences.length, 3);
    // The first 4 ms after 6400, the third 2 ms after that, the second not.
    const rest = [0b1010_1000, 0, 16, 8];
    await viewer.tell(twccBytes({ base: 1, count: 3, reference: 100, rest }));
    await until(() => fates.map(({ arrivedMs }) => arrivedMs), [6404, null, 6406]);
    expect(fates.every(({ sentMs }) => sentMs >= before && sentMs <= performance.now())).toBe(true);
    expect(fates[0]?.bytes).toBeGreaterThan(40);
  });

  test("tells its end once, and sends nothing after it", async () => {
    const { viewer, peer, heard } = await connect(makePeer);
    await peer[Symbol.asyncDispose]();
    peer.video("vp8", packet(Buffer.from([0x10, 1]), 1, true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(viewer.frames).toEqual([]);
    expect(heard).toEqual(["connected", "ended"]);
  });

  test("does not come about from what is no SDP", async () => {
    const nothing = () => {};
    const silent = { connected: nothing, ended: nothing, needsKey: nothing, loss: nothing };
    await expect(
      makePeer("v=0\r\nm=video 9 X 96\r\n", { ...silent, missing: nothing, fates: nothing }),
    ).rejects.toThrow();
  });
});
