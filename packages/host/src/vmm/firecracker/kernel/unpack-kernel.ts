import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { BrowserVmError } from "@browservm/contract";
import { run } from "../../../process/run.ts";
import { unpackLegacyLz4 } from "./lz4.ts";

/** linux Documentation/arch/x86/boot.rst: offsets in the setup header of a bzImage. */
const SETUP_SECTORS = 0x1f1;
const HEADER_MAGIC = 0x202;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const SECTOR_BYTES = 512;
/** linux Documentation/arch/arm64/booting.rst: "ARM\x64" in an uncompressed Image. */
const ARM64_MAGIC_AT = 0x38;
/** The build appends the unpacked size to what does not hold it itself (linux/scripts/Makefile.lib, size_append). */
const SIZE_BYTES = 4;

type Unpack = (packed: Buffer) => Buffer | Promise<Buffer>;

interface Packing {
  readonly name: string;
  readonly magic: readonly number[];
  readonly unpack: Unpack;
}

const PACKINGS: readonly Packing[] = [
  { name: "gzip", magic: [0x1f, 0x8b], unpack: (packed) => gunzipSync(packed) },
  {
    name: "zstd",
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    unpack: (packed) => zstdDecompressSync(packed.subarray(0, -SIZE_BYTES)),
  },
  {
    name: "xz",
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a],
    unpack: (packed) => unpackXz(packed.subarray(0, -SIZE_BYTES)),
  },
  { name: "lz4", magic: [0x02, 0x21, 0x4c, 0x18], unpack: unpackLegacyLz4 },
];

/**
 * The kernel as Firecracker boots it: an ELF file on x86-64 (the `vmlinux` inside a distribution's bzImage), an Image on
 * arm64. IMAGE_DAMAGED when it is neither, or packed in an unknown way; TOOL_MISSING without xz.
 */
export async function unpackKernel(kernel: Buffer, path: string): Promise<Buffer> {
  if (isBootable(kernel)) return kernel;
  const packed = payloadOf(kernel) ?? kernel;
  const packing = PACKINGS.find(({ magic }) => magic.every((byte, index) => packed[index] === byte));
  if (!packing) throw damaged(path, "is no kernel that Firecracker can boot");
  const unpacked = await unpackAs(packing, packed, path);
  if (!isBootable(unpacked)) throw damaged(path, `holds no kernel below its ${packing.name}`);
  return unpacked;
}

async function unpackAs({ name, unpack }: Packing, packed: Buffer, path: string): Promise<Buffer> {
  try {
    return await unpack(packed);
  } catch (cause) {
    if (cause instanceof BrowserVmError && cause.code === "TOOL_MISSING") throw cause;
    throw damaged(path, `cannot be unpacked as ${name}`, cause);
  }
}

const damaged = (path: string, why: string, cause?: unknown) =>
  new BrowserVmError("IMAGE_DAMAGED", `the kernel ${path} ${why}`, { path }, { cause });

const isBootable = (kernel: Buffer): boolean =>
  kernel.toString("latin1", 0, 4) === "\x7fELF" ||
  kernel.toString("latin1", ARM64_MAGIC_AT, ARM64_MAGIC_AT + 4) === "ARMd";

/** The compressed part of a bzImage; undefined for anything else. */
function payloadOf(kernel: Buffer): Buffer | undefined {
  const isBzImage =
    kernel.length > PAYLOAD_LENGTH + 4 &&
    kernel.toString("latin1", HEADER_MAGIC, HEADER_MAGIC + 4) === "HdrS";
  if (!isBzImage) return undefined;
  const start = ((kernel[SETUP_SECTORS] || 4) + 1) * SECTOR_BYTES + kernel.readUInt32LE(PAYLOAD_OFFSET);
  return kernel.subarray(start, start + kernel.readUInt32LE(PAYLOAD_LENGTH));
}

/** Node has no xz; the image build needs the same program. */
async function unpackXz(packed: Buffer): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), "browservm-xz-"));
  try {
    const file = join(directory, "kernel");
    await writeFile(`${file}.xz`, packed);
    await run("xz", ["-d", `${file}.xz`], { timeoutMs: 60_000 });
    return await readFile(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
