import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bootableKernel } from "./bootable-kernel.ts";
import { unpackKernel } from "./unpack-kernel.ts";

const ELF = Buffer.concat([
  Buffer.from("\x7fELF", "latin1"),
  Buffer.from("a kernel, a kernel, a kernel! ".repeat(400)),
]);
const size = Buffer.alloc(4);
size.writeUInt32LE(ELF.length);

/** A bzImage around a payload: boot sector, one sector of setup code, then protected-mode code that holds it. */
function bzImage(payload: Buffer): Buffer {
  const header = Buffer.alloc(1024);
  header[0x1f1] = 1;
  header.write("HdrS", 0x202, "latin1");
  header.writeUInt32LE(64, 0x248);
  header.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([header, Buffer.alloc(64, 0x90), payload, Buffer.from("what follows")]);
}
/** One block of literals only, then a match that repeats its own beginning. */
function lz4(): { packed: Buffer; unpacked: Buffer } {
  const literals = Buffer.from("\x7fELFabc", "latin1");
  // 7 literals; offset 3, length 4 + 15 + 5 = 24; then 2 literals as the last sequence.
  const block = Buffer.concat([
    Buffer.of(0x7f),
    literals,
    Buffer.of(3, 0, 5),
    Buffer.of(0x20),
    Buffer.from("zz"),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(block.length);
  const unpacked = Buffer.concat([literals, Buffer.from("abc".repeat(8)), Buffer.from("zz")]);
  return { packed: Buffer.concat([Buffer.of(0x02, 0x21, 0x4c, 0x18), length, block, size]), unpacked };
}

describe("a kernel for Firecracker", () => {
  test.each([
    ["gzip", () => gzipSync(ELF)],
    ["zstd", () => Buffer.concat([zstdCompressSync(ELF), size])],
    ["xz", () => Buffer.concat([execFileSync("xz", ["-c"], { input: ELF }), size])],
  ])("is taken out of a bzImage packed with %s", async (_, pack) => {
    expect(await unpackKernel(bzImage(pack()), "k")).toEqual(ELF);
  });

  test("is taken out of a bzImage packed with LZ4, as Debian packs it", async () => {
    const { packed, unpacked } = lz4();
    expect(await unpackKernel(bzImage(packed), "k")).toEqual(unpacked);
  });

  test("stays as it is when it can be booted already, or is unpacked from plain gzip, as arm64 has it", async () => {
    const image = Buffer.alloc(128);
    image.write("ARMd", 0x38, "latin1");
    expect(await unpackKernel(ELF, "k")).toBe(ELF);
    expect(await unpackKernel(image, "k")).toBe(image);
    expect(await unpackKernel(gzipSync(image), "k")).toEqual(image);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["text", Buffer.from("no kernel")],
    ["a header alone", bzImage(Buffer.alloc(0))],
    ["an unknown packing", bzImage(Buffer.from("BZh91AY"))],
    ["a cut payload", bzImage(gzipSync(ELF).subarray(0, 40))],
    ["a payload that is no kernel", bzImage(gzipSync(Buffer.from("hello")))],
    ["an LZ4 match outside", bzImage(Buffer.from([0x02, 0x21, 0x4c, 0x18, 4, 0, 0, 0, 0x10, 0x41, 9, 0]))],
    ["xz garbage", bzImage(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 1, 2, 3, 4, 5, 6]))],
  ])("that is %s is IMAGE_DAMAGED", async (_, kernel) => {
    await expect(unpackKernel(kernel, "k")).rejects.toMatchObject({ code: "IMAGE_DAMAGED" });
  });

  test("is unpacked once, beside the image, and again when that is gone or the kernel is another", async () => {
    const directory = await mkdtemp(join(tmpdir(), "kernel-"));
    try {
      const kernel = join(directory, "kernel");
      await writeFile(kernel, bzImage(gzipSync(ELF)));
      const path = await bootableKernel(kernel);
      expect(await readFile(path)).toEqual(ELF);
      expect(await bootableKernel(kernel)).toBe(path);
      await rm(path);
      expect(await bootableKernel(kernel)).toBe(path);
      expect(await readFile(path)).toEqual(ELF);
      await writeFile(kernel, bzImage(gzipSync(Buffer.concat([ELF, ELF]))));
      expect(await bootableKernel(kernel)).not.toBe(path);
      expect((await readdir(directory)).some((name) => name.endsWith(".new"))).toBe(false);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
