import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { PacketFate } from "../congestion/send-log.ts";
import { crc32c } from "../testing/crc32c.ts";
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
  const inputs: Buffer[] = [];
  const fates: PacketFate[] = [];
  const peer: RtcPeer = await makePeer(cleanOffer(await viewer.offer()), {
    connected: () => heard.push("connected"),
    ended: () => heard.push("ended"),
    needsKey: () => heard.push("needsKey"),
    loss: () => {},
    input: (bytes) => inputs.push(bytes),
    missing: (sequences) => heard.push(`missing ${sequences}`),
    fates: (found) => fates.push(...found),
  });
  open.push(peer);
  await viewer.accept(peer.answer);
  await until(() => heard, ["connected"]);
  return { viewer, peer, heard, inputs, fates };
}

/** A packet with a good tag and checksum, as only who has agreed on the association can make it. */
function sctp({ connection }: RtcViewer, chunks: readonly number[]): Buffer {
  const known = connection.sctpTransport?.sctp as unknown as { remoteVerificationTag: number } | undefined;
  const tag = known?.remoteVerificationTag ?? 0;
  const bytes = Buffer.from([0x13, 0x88, 0x13, 0x88, 0, 0, 0, 0, 0, 0, 0, 0, ...chunks]);
  bytes.writeUInt32BE(tag, 4);
  bytes.writeUInt32LE(crc32c(bytes), 8);
  return bytes;
}

const HOSTILE = [
  [0, 7, 0, 0], // a chunk of no length: the library reads it for ever
  [4, 0, 0, 8, 0, 1, 0, 0], // a parameter of no length: the same
  [3, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0, 0], // 65535 gaps that are not there
  [0, 5, 0, 17, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 53, 1], // a fragment whose rest never comes
  [77, 0, 0, 4], // unknown
  [0, 7, 0xff, 0xff, 0],
];

/** Messages of one byte, each with its number (RFC 9260, 3.3.1), as many as a packet may have. */
function numbered(first: number): number[] {
  return Array.from({ length: 16 }, (_, at) => {
    const tsn = Buffer.alloc(4);
    tsn.writeUInt32BE((first + at) >>> 0);
    return [0, 7, 0, 17, ...tsn, 0, 0, 0, 0, 0, 0, 0, 53, 1, 0, 0, 0];
  }).flat();
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

  test("takes messages of both input channels, and none of others", async () => {
    const { viewer, inputs } = await connect(makePeer);
    const { moves, input } = await viewer.channels();
    moves.send(Buffer.from([1, 2, 3]));
    input.send(Buffer.from([4, 5]));
    input.send("no text");
    input.send(Buffer.alloc(200)); // too long for any input
    viewer.connection.createDataChannel("third").send(Buffer.from([6]));
    input.send(Buffer.from([7]));
    await until(
      () => inputs.map((bytes) => [...bytes]).toSorted((a, b) => a.length - b.length),
      [[7], [4, 5], [1, 2, 3]],
    );
  });

  test("outlives packets of SCTP that would hang or end the library", async () => {
    const { viewer, inputs } = await connect(makePeer);
    const { input } = await viewer.channels();
    const transport = viewer.connection.sctpTransport?.dtlsTransport;
    for (const chunks of HOSTILE) await transport?.sendData(sctp(viewer, chunks));
    for (let length = 0; length < 200; length += 1) await transport?.sendData(randomBytes(length));
    input.send(Buffer.from([7]));
    await until(() => inputs.map((bytes) => [...bytes]), [[7]]);
  });

  test("parts from a viewer that leaves a number open for ever", async () => {
    const { viewer, heard, inputs } = await connect(makePeer);
    await viewer.channels();
    const { sctp: library, dtlsTransport: transport } = viewer.connection.sctpTransport ?? {};
    const { localTsn } = library as unknown as { localTsn: number };
    const send = (at: number) => transport?.sendData(sctp(viewer, numbered(localTsn + 1 + 16 * at)));
    for (let at = 0; at < 32; at += 1) await send(at);
    await until(() => inputs.length, 512);
    expect(heard).not.toContain("ended");
    await send(32);
    await send(33);
    await until(() => heard.includes("ended"), true);
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

  test("does not read feedback that tells of more packets than were ever sent", async () => {
    const { viewer, peer, fates } = await connect(makePeer, true);
    const claims = Array.from({ length: 8 }, () => [0x3f, 0xff]).flat(); // each of 8191 that came
    const flood = twccBytes({ base: 1, count: 65_535, reference: 1, rest: claims });
    const before = process.cpuUsage();
    for (let sent = 0; sent < 10; sent += 1) await viewer.tell(Buffer.concat(Array(40).fill(flood)));
    peer.video("vp8", packet(Buffer.from([0x10, 0, 0, 0]), 0, true));
    await until(() => viewer.sequences.length, 1);
    await viewer.tell(twccBytes({ base: 1, count: 1, reference: 100, rest: [0b0010_0000, 1, 16] }));
    await until(() => fates.map(({ arrivedMs }) => arrivedMs), [6404]);
    // 400 of them cost many seconds when they are read
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
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
      makePeer("v=0\r\nm=video 9 X 96\r\n", { ...silent, missing: nothing, fates: nothing, input: nothing }),
    ).rejects.toThrow();
  });
});
