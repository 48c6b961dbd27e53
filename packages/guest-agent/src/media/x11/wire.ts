/** The few requests of X11 that a screen is read with, as bytes (X Window System Protocol, appendix B), little-endian. */

export interface Setup {
  readonly resourceBase: number;
  readonly root: number;
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly bitsPerPixel: number;
  readonly isLittleEndian: boolean;
}

/** Says hello without a cookie: our display trusts every process of its own user. */
export function helloRequest(): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.write("l");
  bytes.writeUInt16LE(11, 2);
  return bytes;
}

/** How long the answer to hello is in all; undefined while that cannot be known. */
export function helloLength(bytes: Buffer): number | undefined {
  return bytes.length < 8 ? undefined : 8 + 4 * bytes.readUInt16LE(6);
}

/** Reads a whole answer to hello. Throws with the server's words when it refuses. */
export function parseHello(bytes: Buffer): Setup {
  if (bytes[0] !== 1) {
    const words = bytes.toString("latin1", 8, 8 + (bytes[1] ?? 0));
    throw new Error(`the X server refuses: ${words.trim().slice(0, 200)}`);
  }
  const formats = 40 + padded(bytes.readUInt16LE(24));
  const formatCount = bytes[29] ?? 0;
  const screen = formats + 8 * formatCount;
  const depth = bytes.readUInt8(screen + 38);
  let bitsPerPixel = 0;
  for (let at = formats; at < screen; at += 8) if (bytes[at] === depth) bitsPerPixel = bytes[at + 1] ?? 0;
  return {
    resourceBase: bytes.readUInt32LE(12),
    root: bytes.readUInt32LE(screen),
    width: bytes.readUInt16LE(screen + 20),
    height: bytes.readUInt16LE(screen + 22),
    depth,
    bitsPerPixel,
    isLittleEndian: bytes[30] === 0,
  };
}

const padded = (length: number) => (length + 3) & ~3;

/** One request: its two codes, and the rest as numbers of 32 bits. */
export function request(major: number, minor: number, ...words: number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * words.length);
  bytes.writeUInt8(major, 0);
  bytes.writeUInt8(minor, 1);
  bytes.writeUInt16LE(1 + words.length, 2);
  for (const [index, word] of words.entries()) bytes.writeUInt32LE(word >>> 0, 4 + 4 * index);
  return bytes;
}

export function queryExtension(name: string): Buffer {
  const bytes = Buffer.alloc(8 + padded(name.length));
  bytes.writeUInt8(98, 0);
  bytes.writeUInt16LE(bytes.length / 4, 2);
  bytes.writeUInt16LE(name.length, 4);
  bytes.write(name, 8, "latin1");
  return bytes;
}

const pair = (low: number, high: number) => (low & 0xffff) | (high << 16);

const STRUCTURE_NOTIFY = 0x0002_0000; // X11/X.h
const CW_EVENT_MASK = 0x0800;
export const CONFIGURE_NOTIFY = 22;

export const getGeometry = (drawable: number): Buffer => request(14, 0, drawable);
/** Asks to be told when the window's size changes. */
export const watchStructure = (window: number): Buffer =>
  request(2, 0, window, CW_EVENT_MASK, STRUCTURE_NOTIFY);

const REPORT_NON_EMPTY = 3; // X11/extensions/damagewire.h

export const damage = {
  queryVersion: (major: number): Buffer => request(major, 0, 1, 1),
  create: (major: number, id: number, drawable: number): Buffer =>
    request(major, 1, id, drawable, REPORT_NON_EMPTY),
  /** Forgets all damage: the next one is told. */
  subtractAll: (major: number, id: number): Buffer => request(major, 3, id, 0, 0),
} as const;

const Z_PIXMAP = 2; // X11/X.h

export const shm = {
  attach: (major: number, segment: number, id: number): Buffer => request(major, 1, segment, id, 0),
  detach: (major: number, segment: number): Buffer => request(major, 2, segment),
  getImage: (major: number, { drawable, width, height, segment }: ShmImage): Buffer =>
    request(major, 4, drawable, 0, pair(width, height), 0xffff_ffff, Z_PIXMAP, segment, 0),
} as const;

export interface ShmImage {
  readonly drawable: number;
  readonly width: number;
  readonly height: number;
  readonly segment: number;
}
