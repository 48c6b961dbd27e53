/** One entry of an archive. Paths are relative to the root of the initramfs, without a leading slash. */
export type CpioEntry =
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly kind: "directory"; readonly path: string; readonly mode: number }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | {
      readonly kind: "device";
      readonly path: string;
      readonly mode: number;
      readonly device: [number, number];
    };

// File types of inode(7).
const TYPE = { file: 0o100000, directory: 0o040000, link: 0o120000, device: 0o020000 } as const;
const MAX_SIZE = 0xffffffff;
const EMPTY = new Uint8Array();

/**
 * A cpio archive in the "newc" format that Linux unpacks as an initramfs
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Everything belongs to root; no times are kept, so the
 * same entries give the same bytes.
 */
export function encodeCpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => encodeEntry(entry, index + 1));
  const trailer: CpioEntry = { kind: "file", path: "TRAILER!!!", mode: 0, content: EMPTY };
  return Buffer.concat([...parts, ...encodeEntry(trailer, 0)]);
}

function encodeEntry(entry: CpioEntry, inode: number): Uint8Array[] {
  const name = Buffer.from(`${entry.path}\0`);
  const content = contentOf(entry);
  if (content.length > MAX_SIZE) throw new Error(`${entry.path} is too large for a cpio archive`);
  const [major, minor] = entry.kind === "device" ? entry.device : [0, 0];
  const fields = [
    inode,
    modeOf(entry),
    0, // uid
    0, // gid
    1, // links
    0, // modification time
    content.length,
    0, // device of the archive's own file system: major, minor
    0,
    major,
    minor,
    name.length,
    0, // checksum, unused in newc
  ];
  const header = Buffer.from(`070701${fields.map(hex8).join("")}`, "latin1");
  return [header, name, padding(header.length + name.length), content, padding(content.length)];
}

function contentOf(entry: CpioEntry): Uint8Array {
  if (entry.kind === "file") return entry.content;
  return entry.kind === "link" ? Buffer.from(entry.target) : EMPTY;
}

function modeOf(entry: CpioEntry): number {
  if (entry.path === "TRAILER!!!") return 0;
  return TYPE[entry.kind] | (entry.kind === "link" ? 0o777 : entry.mode & 0o7777);
}

const hex8 = (value: number): string => value.toString(16).padStart(8, "0");

/** Zeros up to the next multiple of four. */
export const padding = (length: number): Uint8Array => new Uint8Array((4 - (length % 4)) % 4);
