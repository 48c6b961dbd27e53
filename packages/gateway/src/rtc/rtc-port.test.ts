import { createHmac } from "node:crypto";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { framed, PacketFrames } from "./packet-frames.ts";
import { RtcPort } from "./rtc-port.ts";

const HOST = "127.0.0.1";
const UFRAG = "abcd";
const PASSWORD = "a password of 22 chars";
const until = (value: () => unknown, wanted: unknown) =>
  expect.poll(value, { timeout: 3000, interval: 5 }).toEqual(wanted);

/** A check as a browser sends it. */
function check({ ufrag = UFRAG, password = PASSWORD, nominates = true } = {}): Buffer {
  const attribute = (type: number, value: Buffer) => {
    const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
    padded.writeUInt16BE(type, 0);
    padded.writeUInt16BE(value.length, 2);
    value.copy(padded, 4);
    return padded;
  };
  const head = Buffer.from("0001000021 12a442 0102030405060708090a0b0c".replaceAll(" ", ""), "hex");
  const parts = [
    head,
    attribute(6, Buffer.from(`${ufrag}:them`)),
    ...(nominates ? [attribute(0x25, Buffer.alloc(0))] : []),
  ];
  const message = Buffer.concat(parts);
  message.writeUInt16BE(message.length - 20 + 24, 2);
  const signed = Buffer.concat([
    message,
    attribute(8, createHmac("sha1", password).update(message).digest()),
  ]);
  return signed;
}

const RTP = Buffer.from("80600001deadbeef", "hex");
const RTCP = Buffer.from("80c90001cafecafe", "hex");

interface End {
  readonly socket: UdpSocket;
  readonly heard: Buffer[];
}

async function udp(): Promise<End> {
  const socket = createSocket("udp4");
  const heard: Buffer[] = [];
  socket.on("message", (packet) => heard.push(packet));
  socket.bind(0, HOST);
  await once(socket, "listening");
  return { socket, heard };
}

let port: RtcPort;
let library: End;
let viewer: End;
let stranger: End;
let registered: Disposable;
let chosen: string[];
let checked: string[];
const tcps: Socket[] = [];
beforeEach(async () => {
  port = await RtcPort.open({ host: HOST, port: 0 });
  [library, viewer, stranger] = [await udp(), await udp(), await udp()];
  chosen = [];
  checked = [];
  registered = await port.register({
    ufrag: UFRAG,
    password: PASSWORD,
    localPort: library.socket.address().port,
    checked: (transport) => checked.push(transport),
    chosen: (transport) => chosen.push(transport),
    full: () => {},
  });
});
afterEach(async () => {
  for (const { socket } of [library, viewer, stranger]) socket.close();
  for (const socket of tcps.splice(0)) socket.destroy();
  await port[Symbol.asyncDispose]();
});

const say = ({ socket }: End, packet: Buffer) => socket.send(packet, port.port, HOST);

async function tcp() {
  const socket = connect(port.port, HOST);
  tcps.push(socket);
  const frames = new PacketFrames();
  const heard: Buffer[] = [];
  socket.on("data", (chunk) => heard.push(...frames.push(chunk)));
  socket.on("error", () => {});
  await once(socket, "connect");
  return { socket, heard };
}

describe("the one port", () => {
  test("answers a signed check with where it came from, and passes packets both ways after that", async () => {
    say(viewer, check());
    await until(() => viewer.heard.length, 1);
    const [answer = Buffer.alloc(0)] = viewer.heard;
    expect(answer.readUInt16BE(0)).toBe(0x0101);
    expect(answer.readUInt16BE(26) ^ 0x2112).toBe(viewer.socket.address().port);
    await until(() => library.heard.length, 1);
    say(viewer, RTCP);
    await until(() => library.heard[1], RTCP);
    // The library answers to the address that it saw, which is ours.
    const seen = once(library.socket, "message");
    say(viewer, RTCP);
    const [, from] = await seen;
    library.socket.send(RTP, from.port, HOST);
    await until(() => viewer.heard[1], RTP);
    expect(chosen).toEqual(["udp"]);
  });

  test("knows no strangers: unsigned, of an unknown name, or packets of media out of nowhere", async () => {
    say(viewer, check());
    await until(() => library.heard.length, 1);
    for (const packet of [
      RTP,
      check({ password: "guessed" }),
      check({ ufrag: "nobody" }),
      Buffer.from("x"),
      Buffer.alloc(0),
    ])
      say(stranger, packet);
    for (let bits = 0; bits < 300; bits += 1)
      say(stranger, Buffer.from(crypto.getRandomValues(new Uint8Array(bits))));
    say(viewer, RTCP);
    await until(() => library.heard.length, 2);
    expect(stranger.heard).toEqual([]);
    await until(() => port.dropped > 100, true);
  });

  test("follows the viewer to the way that it nominates, also from UDP to TCP", async () => {
    say(viewer, check());
    await until(() => library.heard.length, 1);
    const other = await tcp();
    other.socket.write(framed(check({ nominates: false })));
    await until(() => other.heard.length, 1);
    const answers = once(library.socket, "message");
    other.socket.write(framed(RTCP));
    const [, from] = await answers;
    library.socket.send(RTP, from.port, HOST);
    await until(() => viewer.heard.at(-1), RTP);
    other.socket.write(framed(check()));
    await until(() => chosen, ["udp", "tcp"]);
    library.socket.send(RTCP, from.port, HOST);
    await until(() => other.heard.at(-1), RTCP);
  });

  test("cuts off TCP connections that are none of ICE, or change whose they are", async () => {
    for (const garbage of [
      Buffer.from("GET / HTTP/1.1\r\n\r\n"),
      framed(RTP),
      framed(check({ password: "no" })),
      Buffer.from([0, 0]),
    ]) {
      const { socket } = await tcp();
      const closed = once(socket, "close");
      socket.write(garbage);
      await closed;
    }
    const known = await tcp();
    known.socket.write(framed(check()));
    await until(() => known.heard.length, 1);
    const closed = once(known.socket, "close");
    known.socket.write(framed(check({ ufrag: "nobody" })));
    await closed;
  });

  test("forgets a peer with all its ways", async () => {
    say(viewer, check());
    const other = await tcp();
    other.socket.write(framed(check()));
    await until(() => other.heard.length, 1);
    const closed = once(other.socket, "close");
    registered[Symbol.dispose]();
    await closed;
    const before = library.heard.length;
    const dropped = port.dropped;
    say(viewer, RTCP);
    say(viewer, check());
    await until(() => port.dropped, dropped + 2);
    expect(library.heard.length).toBe(before);
  });

  test("gives nobody a name that another peer has", async () => {
    const nothing = { checked: () => {}, chosen: () => {}, full: () => {} };
    const spec = { ufrag: UFRAG, password: "another one", localPort: 9, ...nothing };
    await expect(port.register(spec)).rejects.toThrow("name");
    say(viewer, check());
    await until(() => library.heard.length, 1);
  });

  test("that another program has is told", async () => {
    await expect(RtcPort.open({ host: HOST, port: port.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
