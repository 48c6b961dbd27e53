import { randomBytes } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { isBrowserVmError } from "@browservm/contract";
import { describe, expect, test } from "vitest";
import { OpenStream, SealStream } from "./seal-stream.ts";

const SEGMENT = 262_144;
const SEALED = SEGMENT + 16;
const HEAD = 8;
const key = randomBytes(32);
const about = 'browservm profile ["prf_a","default",1]';

const chunked = function* (bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
};

async function through(bytes: Buffer, stream: SealStream | OpenStream, chunk = 100_000): Promise<Buffer> {
  const out = new PassThrough();
  const all = buffer(out);
  all.catch(() => {});
  await pipeline(Readable.from(chunked(bytes, chunk)), stream, out);
  return all;
}

const seal = (bytes: Buffer) => through(bytes, new SealStream({ key, about }));
const codeOf = (sealed: Buffer, with_ = { key, about }) =>
  through(sealed, new OpenStream(with_)).then(
    () => "opened",
    (error: unknown) => (isBrowserVmError(error) ? error.code : String(error)),
  );
const segments = (sealed: Buffer) => [sealed.subarray(0, HEAD), ...chunked(sealed.subarray(HEAD), SEALED)];

describe("a sealed stream", () => {
  test.each([0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 3 * SEGMENT + 7])(
    "of %i bytes opens to what it was, in whatever pieces it comes",
    async (size) => {
      const plain = randomBytes(size);
      const sealed = await seal(plain);
      expect(sealed.length).toBe(HEAD + size + 16 * Math.max(1, Math.ceil(size / SEGMENT)));
      for (const chunk of [7919, SEALED, 10 * SEALED])
        expect((await through(sealed, new OpenStream({ key, about }), chunk)).equals(plain)).toBe(true);
    },
  );

  test("has nothing readable in it, and is another one each time its key is another", async () => {
    const plain = Buffer.from("a planted secret ".repeat(1000));
    expect((await seal(plain)).includes("planted")).toBe(false);
    const other = await through(plain, new SealStream({ key: randomBytes(32), about }));
    expect(other.equals(await seal(plain))).toBe(false);
  });

  test("that is cut off anywhere does not open: between segments, within one, at its head", async () => {
    const sealed = await seal(randomBytes(2 * SEGMENT));
    const ends = [0, 3, HEAD, HEAD + 10, HEAD + SEALED, HEAD + SEALED + 20, sealed.length - 1];
    for (const end of ends)
      expect([end, await codeOf(sealed.subarray(0, end))]).toEqual([end, "PROFILE_DAMAGED"]);
  });

  test("does not open with segments swapped, dropped, doubled, added, or of another stream", async () => {
    const [head = Buffer.alloc(0), a = Buffer.alloc(0), b = Buffer.alloc(0), c = Buffer.alloc(0)] = segments(
      await seal(randomBytes(2 * SEGMENT + 100)),
    );
    const others = segments(await seal(randomBytes(2 * SEGMENT + 100)));
    const foreign = await through(randomBytes(SEGMENT), new SealStream({ key, about: "another row" }));
    const wrong = [
      [head, b, a, c],
      [head, a, c],
      [head, b, c],
      [head, a, a, b, c],
      [head, a, b, c, c],
      [head, a, b],
      [head, c],
      [head, a, b, c, Buffer.alloc(1)],
      [head, foreign.subarray(HEAD, HEAD + SEALED), b, c],
      [others[0] ?? head, a, b, c, Buffer.alloc(SEALED)],
    ];
    for (const [index, parts] of wrong.entries())
      expect([index, await codeOf(Buffer.concat(parts))]).toEqual([index, "PROFILE_DAMAGED"]);
    expect(await codeOf(Buffer.concat([head, a, b, c]))).toBe("opened");
  });

  test("does not open with any of its bits flipped, at another place, or with another key", async () => {
    const sealed = await seal(Buffer.from("short"));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const bytes = Buffer.from(sealed);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect([bit, await codeOf(bytes)]).toEqual([bit, "PROFILE_DAMAGED"]);
    }
    expect(await codeOf(sealed, { key, about: about.replace("1]", "2]") })).toBe("PROFILE_DAMAGED");
    expect(await codeOf(sealed, { key: randomBytes(32), about })).toBe("PROFILE_DAMAGED");
  });

  test("gives nothing on of a segment that was not proven", async () => {
    const sealed = await seal(randomBytes(2 * SEGMENT));
    sealed[HEAD + SEALED + 5] = (sealed[HEAD + SEALED + 5] ?? 0) ^ 1;
    const opened = new OpenStream({ key, about });
    let given = 0;
    opened.on("data", (bytes: Buffer) => (given += bytes.length));
    await expect(pipeline(Readable.from([sealed]), opened)).rejects.toMatchObject({
      code: "PROFILE_DAMAGED",
    });
    expect(given).toBeLessThanOrEqual(SEGMENT);
  });
});
