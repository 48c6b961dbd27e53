import {
  CUT_TEXT_BYTES,
  isFollowedPixelFormat,
  notRfb,
  RECTANGLE,
  readClipboardHead,
} from "@browservm/contract";
import { drop, look, pass, type Reading } from "./display-reading.ts";
import { tightBytes } from "./tight-bytes.ts";

const MESSAGE = { update: 0, colours: 1, bell: 2, cutText: 3, endOfUpdates: 150, fence: 248 } as const;
const VERSION = /^RFB 003\.(00[89]|889)\n$/;
const NO_SECURITY = 1;
const PIXEL_BYTES = 4;

/**
 * Reads what a display says to a client that asked for followed encodings only, and drops the texts that it gives. It ends
 * with BAD_REQUEST where it does not understand: nothing passes unread.
 */
export function* withoutTexts(): Reading<never> {
  yield* readHandshake();
  while (true) yield* readMessage();
}

function* readHandshake(): Reading {
  const version = yield* take(12);
  if (!VERSION.test(textOf(version))) throw notRfb("the display's version is unknown");
  const count = (yield look(1)).getUint8(0);
  const types = yield* take(1 + count);
  const knows = Array.from({ length: count }, (_, at) => types.getUint8(1 + at)).join();
  if (knows !== String(NO_SECURITY)) throw notRfb("the display wants to know who comes");
  if ((yield* take(4)).getUint32(0) !== 0) throw notRfb("the display refuses");
  const init = yield look(24);
  if (!isFollowedPixelFormat(bytesOf(init).subarray(4, 20))) throw notRfb("the display's pixels are others");
  yield pass(24 + init.getUint32(20));
}

function* readMessage(): Reading {
  const type = (yield look(1)).getUint8(0);
  switch (type) {
    case MESSAGE.update:
      return yield* readUpdate();
    case MESSAGE.colours:
      return void (yield pass(6 + 6 * (yield look(6)).getUint16(4)));
    case MESSAGE.bell:
    case MESSAGE.endOfUpdates:
      return void (yield pass(1));
    case MESSAGE.cutText:
      return yield* readCutText();
    case MESSAGE.fence:
      return void (yield pass(9 + (yield look(9)).getUint8(8)));
    default:
      throw notRfb(`the display's message ${type} is unknown`);
  }
}

/** What the display can, and what it asks for, goes on; a text, or that there is one, does not. */
function* readCutText(): Reading {
  let head = readClipboardHead(bytesOf(yield look(CUT_TEXT_BYTES)));
  if ("need" in head) head = readClipboardHead(bytesOf(yield look(head.need)));
  if ("need" in head) throw notRfb("a text of the display cannot be read");
  const bytes = CUT_TEXT_BYTES + head.bytes;
  yield head.deed === "give" ? drop(bytes) : pass(bytes);
}

function* readUpdate(): Reading {
  const count = (yield* take(4)).getUint16(2);
  for (let at = 0; at < count; at += 1) {
    const head = yield* take(12);
    const encoding = head.getInt32(8);
    if (encoding === RECTANGLE.lastRect) return;
    yield* readRectangle(encoding, head.getUint16(4), head.getUint16(6));
  }
}

function* readRectangle(encoding: number, width: number, height: number): Reading {
  const pixels = width * height * PIXEL_BYTES;
  switch (encoding) {
    case RECTANGLE.raw:
      return void (yield pass(pixels));
    case RECTANGLE.copyRect:
      return void (yield pass(4));
    case RECTANGLE.tight:
      return yield* tightBytes(width, height);
    case RECTANGLE.zrle:
    case RECTANGLE.desktopName:
      return void (yield pass(4 + (yield look(4)).getUint32(0)));
    case RECTANGLE.cursor:
      return void (yield pass(pixels + Math.ceil(width / 8) * height));
    case RECTANGLE.vmwareCursor:
      return void (yield pass(2 + pixels * ((yield look(2)).getUint8(0) === 0 ? 2 : 1)));
    case RECTANGLE.extendedDesktopSize:
      return void (yield pass(4 + 16 * (yield look(4)).getUint8(0)));
    case RECTANGLE.qemuLeds:
      return void (yield pass(1));
    case RECTANGLE.desktopSize:
    case RECTANGLE.qemuKeys:
      return;
    default:
      throw notRfb(`encoding ${encoding} was not asked for`);
  }
}

/** Looks at bytes that go on. */
function* take(bytes: number): Reading<DataView> {
  const seen = yield look(bytes);
  const kept = new DataView(bytesOf(seen).slice().buffer);
  yield pass(bytes);
  return kept;
}

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const textOf = (view: DataView): string => String.fromCharCode(...bytesOf(view));
