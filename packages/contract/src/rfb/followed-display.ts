/** Encodings of rectangles whose length our display filter knows (RFC 6143 §7.7 and rfbproto). */
export const RECTANGLE = {
  raw: 0,
  copyRect: 1,
  tight: 7,
  zrle: 16,
  desktopSize: -223,
  lastRect: -224,
  cursor: -239,
  qemuKeys: -258,
  qemuLeds: -261,
  desktopName: -307,
  extendedDesktopSize: -308,
  vmwareCursor: 0x574d5664,
} as const;

/** What a client may say that it can besides: no rectangle comes of these. */
const OTHERS: readonly (readonly [from: number, to: number])[] = [
  [-32, -23], // quality of JPEG in Tight
  [-256, -247], // compression in Tight
  [-313, -312], // fence, continuous updates
  [0xc0a1e5ce | 0, 0xc0a1e5ce | 0], // extended clipboard
];
const RECTANGLES: ReadonlySet<number> = new Set(Object.values(RECTANGLE));

const isFollowed = (encoding: number): boolean =>
  RECTANGLES.has(encoding) || OTHERS.some(([from, to]) => encoding >= from && encoding <= to);

/** The same SetEncodings message without what would make a display say something whose length is not known. */
export const followedEncodings = (message: Uint8Array): Uint8Array => keepEncodings(message, isFollowed);

/** The same SetEncodings message with some of its encodings. */
export function keepEncodings(message: Uint8Array, isKept: (encoding: number) => boolean): Uint8Array {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const all = Array.from({ length: view.getUint16(2) }, (_, at) => view.getInt32(4 + 4 * at));
  const kept = all.filter(isKept);
  const out = new DataView(new ArrayBuffer(4 + 4 * kept.length));
  out.setUint8(0, view.getUint8(0));
  out.setUint16(2, kept.length);
  for (const [index, encoding] of kept.entries()) out.setInt32(4 + 4 * index, encoding);
  return new Uint8Array(out.buffer);
}

/**
 * Pixels of four bytes of which each colour has a whole one, as our display has them: 16 bytes (RFC 6143 §7.4). Of pixels
 * whose colours begin within a byte Tight sends four bytes where it sends three of these.
 */
export function isFollowedPixelFormat(format: Uint8Array): boolean {
  const [bits, depth, , isTrueColour, ...rest] = format;
  const most = rest.slice(0, 6).join(",");
  const shifts = rest.slice(6, 9);
  const isWhole = new Set(shifts).size === 3 && shifts.every((shift) => shift % 8 === 0 && shift <= 24);
  return bits === 32 && depth === 24 && isTrueColour !== 0 && most === "0,255,0,255,0,255" && isWhole;
}
