import { type Duplex, duplexPair } from "node:stream";
import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import { captureFrame } from "./capture-frame.ts";
import { describeFrame } from "./describe-frame.ts";
import { encodePng } from "./encode-png.ts";
import type { Frame } from "./frame.ts";

const deadline = () => AbortSignal.timeout(2000);

/** A server that says its lines without listening; each is sent as soon as the one before is out. */
function serverSaying(...lines: ReadonlyArray<string | Uint8Array>): Duplex {
  const [client, server] = duplexPair();
  server.resume();
  for (const line of lines) server.write(line);
  return client;
}

const init = (width: number, height: number, name = "test", nameLength = name.length) => {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt16BE(width, 0);
  bytes.writeUInt16BE(height, 2);
  bytes.writeUInt32BE(nameLength, 20);
  return Buffer.concat([bytes, Buffer.from(name)]);
};
const rectangle = (
  place: readonly [x: number, y: number, width: number, height: number],
  pixels: Uint8Array,
  encoding = 0,
) => {
  const header = Buffer.alloc(12);
  for (const [index, value] of place.entries()) header.writeUInt16BE(value, index * 2);
  header.writeInt32BE(encoding, 8);
  return Buffer.concat([header, pixels]);
};
const update = (...rectangles: Uint8Array[]) => {
  const header = Buffer.alloc(4);
  header.writeUInt16BE(rectangles.length, 2);
  return Buffer.concat([header, ...rectangles]);
};
const pixels = (count: number, red: number, green: number, blue: number) =>
  Buffer.alloc(count * 4, Uint8Array.of(red, green, blue, 0));
const HELLO = ["RFB 003.008\n", Uint8Array.of(2, 16, 1), Uint8Array.of(0, 0, 0, 0)] as const;

describe("capturing a frame", () => {
  test("puts the rectangles of several updates where they belong", async () => {
    const stream = serverSaying(
      ...HELLO,
      init(4, 2),
      Uint8Array.of(2), // bell
      Buffer.concat([Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 3), Buffer.from("abc")]), // clipboard
      update(rectangle([0, 0, 4, 1], pixels(4, 255, 0, 0))),
      update(rectangle([0, 1, 2, 1], pixels(2, 0, 255, 0)), rectangle([2, 1, 2, 1], pixels(2, 0, 0, 255))),
    );
    const frame = await captureFrame(stream, deadline());
    expect(frame).toMatchObject({ width: 4, height: 2 });
    expect([...frame.rgba.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
    expect([...frame.rgba.subarray(16, 20)]).toEqual([0, 255, 0, 255]);
    expect([...frame.rgba.subarray(28, 32)]).toEqual([0, 0, 255, 255]);
    expect(stream.destroyed).toBe(true);
  });

  test("asks for the whole picture, raw, as a guest among others", async () => {
    const [client, server] = duplexPair();
    const said: Buffer[] = [];
    const [version, ...answers] = [...HELLO, init(1, 1)];
    server.on("data", (chunk: Buffer) => {
      said.push(chunk);
      const picture = update(rectangle([0, 0, 1, 1], pixels(1, 1, 2, 3)));
      server.write(answers.shift() ?? (chunk[0] === 3 ? picture : ""));
    });
    server.write(version);
    await captureFrame(client, deadline());
    const words = Buffer.concat(said);
    expect(words.subarray(0, 14)).toEqual(Buffer.from("RFB 003.008\n\u0001\u0001"));
    expect([...words.subarray(-10)]).toEqual([3, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
  });

  test.each<{ title: string; lines: ReadonlyArray<string | Uint8Array>; says: RegExp }>([
    { title: "is no RFB server", lines: ["HTTP/1.1 400 Bad Request\r\n"], says: /RFB 3\.8/ },
    { title: "refuses everybody", lines: ["RFB 003.008\n", Uint8Array.of(0)], says: /refused/ },
    { title: "wants a password", lines: ["RFB 003.008\n", Uint8Array.of(1, 2)], says: /password/ },
    {
      title: "refuses after all",
      lines: ["RFB 003.008\n", Uint8Array.of(1, 1), Uint8Array.of(0, 0, 0, 1)],
      says: /refused/,
    },
    { title: "has a giant display", lines: [...HELLO, init(65_535, 65_535)], says: /65535×65535/ },
    { title: "has no display", lines: [...HELLO, init(0, 0)], says: /0×0/ },
    { title: "has a giant name", lines: [...HELLO, init(4, 4, "", 0xffff_ffff)], says: /4294967295 bytes/ },
    {
      title: "draws outside its display",
      lines: [...HELLO, init(4, 4), update(rectangle([2, 0, 4, 1], pixels(4, 0, 0, 0)))],
      says: /outside/,
    },
    {
      title: "uses another encoding",
      lines: [...HELLO, init(4, 4), update(rectangle([0, 0, 4, 4], pixels(1, 0, 0, 0), 7))],
      says: /encoding/,
    },
    { title: "sends an unknown message", lines: [...HELLO, init(4, 4), Uint8Array.of(99)], says: /type 99/ },
    {
      title: "sends nothing but bells",
      lines: [...HELLO, init(4, 4), Buffer.alloc(2000, 2)],
      says: /no picture/,
    },
    {
      title: "sends nothing but empty updates",
      lines: [...HELLO, init(4, 4), Buffer.alloc(8000)],
      says: /no picture/,
    },
  ])("from a server that $title is refused", async ({ lines, says }) => {
    const capture = captureFrame(serverSaying(...lines), deadline());
    await expect(capture).rejects.toMatchObject({
      code: "AGENT_PROTOCOL",
      message: expect.stringMatching(says),
    });
  });

  test("from a stream that ends in the middle is AGENT_UNREACHABLE", async () => {
    const [client, server] = duplexPair();
    server.write("RFB 003");
    server.end();
    await expect(captureFrame(client, deadline())).rejects.toMatchObject({ code: "AGENT_UNREACHABLE" });
  });

  test("from a server that falls silent ends with the caller's patience", async () => {
    const stream = serverSaying("RFB 003.008\n");
    await expect(captureFrame(stream, AbortSignal.timeout(50))).rejects.toMatchObject({
      name: "TimeoutError",
    });
    expect(stream.destroyed).toBe(true);
  });
});

const ROOT = 0x203040;
const ROOT_COLOUR = "#203040";
const filled = (width: number, height: number, colour: (index: number) => number): Frame => {
  const rgba = new Uint8Array(width * height * 4);
  for (let index = 0; index < width * height; index++) {
    const value = colour(index);
    rgba.set([value >> 16, (value >> 8) & 255, value & 255, 255], index * 4);
  }
  return { width, height, rgba };
};

describe("a frame", () => {
  test("of nothing but the root is blank", () => {
    expect(
      describeFrame(
        filled(64, 64, () => ROOT),
        ROOT_COLOUR,
      ),
    ).toMatchObject({ isBlank: true, rootShare: 1 });
  });

  test("of one flat window is blank", () => {
    expect(
      describeFrame(
        filled(64, 64, () => 0xffffff),
        ROOT_COLOUR,
      ),
    ).toMatchObject({
      isBlank: true,
      rootShare: 0,
      dominantColour: 0xffffff,
    });
  });

  test("of one flat window on the root is blank", () => {
    const window = filled(64, 64, (index) => (index < 1000 ? ROOT : 0xffffff));
    expect(describeFrame(window, ROOT_COLOUR).isBlank).toBe(true);
  });

  test("of a terminal without anti-aliasing is not blank", () => {
    const terminal = filled(64, 64, (index) => (index < 1000 ? ROOT : index % 40 === 0 ? 0 : 0xffffff));
    expect(describeFrame(terminal, ROOT_COLOUR)).toMatchObject({ isBlank: false, distinctColours: 3 });
  });

  test("of a page with text is not blank", () => {
    const page = filled(64, 64, (index) => (index % 5 === 0 ? index * 97 : 0xffffff));
    expect(describeFrame(page, ROOT_COLOUR)).toMatchObject({ isBlank: false, dominantColour: 0xffffff });
  });

  test("of noise is counted up to a bound", () => {
    expect(
      describeFrame(
        filled(128, 128, (index) => index * 1001),
        ROOT_COLOUR,
      ).distinctColours,
    ).toBe(4096);
  });

  test("becomes a PNG with the same pixels", () => {
    const frame = filled(8, 4, (index) => index * 7777);
    const png = PNG.sync.read(encodePng(frame));
    expect(png).toMatchObject({ width: 8, height: 4 });
    expect(Buffer.compare(png.data, frame.rgba)).toBe(0);
  });
});
