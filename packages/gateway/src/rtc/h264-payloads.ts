import { MAX_PAYLOAD_BYTES } from "./vp8-payloads.ts";

const FU_A = 28;
const TYPE_BITS = 0x1f;
const REFERENCE_BITS = 0xe0;
const START = 0x80;
const END = 0x40;
/** Access unit delimiters and filler are of no use on the way. */
const LEFT_OUT: ReadonlySet<number> = new Set([9, 12]);

/** One H.264 picture in Annex B form as payloads of RTP (RFC 6184, 5.6 and 5.8: single units and FU-A). The last one gets the marker. */
export function h264Payloads(frame: Uint8Array): Buffer[] {
  return unitsOf(frame)
    .filter((unit) => unit.length > 0 && !LEFT_OUT.has((unit[0] ?? 0) & TYPE_BITS))
    .flatMap((unit) => (unit.length <= MAX_PAYLOAD_BYTES ? [Buffer.from(unit)] : fragments(unit)));
}

function fragments(unit: Uint8Array): Buffer[] {
  const head = unit[0] ?? 0;
  const room = MAX_PAYLOAD_BYTES - 2;
  const payloads: Buffer[] = [];
  for (let at = 1; at < unit.length; at += room) {
    const part = unit.subarray(at, at + room);
    const payload = Buffer.allocUnsafe(2 + part.length);
    payload[0] = (head & REFERENCE_BITS) | FU_A;
    payload[1] = (at === 1 ? START : 0) | (at + room >= unit.length ? END : 0) | (head & TYPE_BITS);
    payload.set(part, 2);
    payloads.push(payload);
  }
  return payloads;
}

/** What lies between start codes of three or four bytes. */
function unitsOf(frame: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.length);
  const units: Uint8Array[] = [];
  let start = -1;
  for (let at = bytes.indexOf(START_CODE); at >= 0; at = bytes.indexOf(START_CODE, at + 3)) {
    if (start >= 0) units.push(withoutZeros(bytes.subarray(start, at)));
    start = at + 3;
  }
  if (start >= 0) units.push(withoutZeros(bytes.subarray(start)));
  return units;
}

const START_CODE = Buffer.from([0, 0, 1]);

/** A unit never ends with zeros (trailing_zero_8bits, or the fourth byte of the next start code). */
function withoutZeros(unit: Uint8Array): Uint8Array {
  let end = unit.length;
  while (end > 0 && unit[end - 1] === 0) end -= 1;
  return unit.subarray(0, end);
}
