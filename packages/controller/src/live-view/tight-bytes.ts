import { notRfb } from "@browservm/contract";
import { look, pass, type Reading } from "./display-reading.ts";

/** A pixel of 24 bits without its empty byte (TPIXEL). */
const PIXEL_BYTES = 3;
const FILL = 0x8;
const JPEG = 0x9;
const HAS_FILTER = 0x4;
const FILTER = { copy: 0, palette: 1, gradient: 2 } as const;
/** Less than this is not compressed. */
const LEAST_PACKED_BYTES = 12;
/** Each byte of a length holds seven bits of it, but for the third, which holds eight. */
const MORE = 0x80;

/** Lets a rectangle in Tight go on (rfbproto, 7.7.6 "Tight Encoding"). */
export function* tightBytes(width: number, height: number): Reading {
  const kind = (yield look(1)).getUint8(0) >> 4;
  if (kind === FILL) return void (yield pass(1 + PIXEL_BYTES));
  yield pass(1);
  if (kind === JPEG) return yield* packed();
  if (kind > JPEG) throw notRfb(`Tight of kind ${kind} was not asked for`);
  const bytes = kind & HAS_FILTER ? yield* filteredBytes(width, height) : width * height * PIXEL_BYTES;
  if (bytes < LEAST_PACKED_BYTES) yield pass(bytes);
  else yield* packed();
}

/** How many bytes the pixels are, after what the filter needs has gone on. */
function* filteredBytes(width: number, height: number): Reading<number> {
  const filter = (yield look(1)).getUint8(0);
  if (filter === FILTER.palette) {
    const colours = (yield look(2)).getUint8(1) + 1;
    yield pass(2 + colours * PIXEL_BYTES);
    return colours === 2 ? Math.ceil(width / 8) * height : width * height;
  }
  if (filter !== FILTER.copy && filter !== FILTER.gradient) throw notRfb(`filter ${filter} is unknown`);
  yield pass(1);
  return width * height * PIXEL_BYTES;
}

/** A length, and so many bytes. */
function* packed(): Reading {
  let bytes = 0;
  for (const shift of [0, 7, 14]) {
    const byte = (yield look(1)).getUint8(0);
    yield pass(1);
    bytes |= (shift === 14 ? byte : byte & ~MORE) << shift;
    if (byte < MORE) break;
  }
  yield pass(bytes);
}
