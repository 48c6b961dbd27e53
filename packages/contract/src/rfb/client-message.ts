import { keepEncodings } from "./followed-display.ts";

/**
 * What a client may say in RFB after the handshake (RFC 6143 §7.5 and the extensions of TigerVNC and QEMU, as the
 * community's rfbproto describes them). All numbers are big-endian.
 */
export const CLIENT_MESSAGE = {
  setPixelFormat: 0,
  setEncodings: 2,
  framebufferUpdateRequest: 3,
  keyEvent: 4,
  pointerEvent: 5,
  clientCutText: 6,
  enableContinuousUpdates: 150,
  /** Our own, see numbered-input.ts: never for a display. */
  numberedInput: 191,
  clientFence: 248,
  xvp: 250,
  setDesktopSize: 251,
  qemu: 255,
} as const;

/** Pseudo-encodings by which a client asks to send richer input. A viewer's are struck out. */
const INPUT_ENCODINGS: ReadonlySet<number> = new Set([
  -258, // QEMU Extended Key Event
  -316, // Extended Mouse Buttons: would make PointerEvent one byte longer
]);

const LIMITS = {
  encodings: 1024,
  /** Extended clipboard and plain cut text, in bytes; skipped, never kept. */
  cutTextBytes: 20 * 1024 * 1024,
  fenceBytes: 64,
  screens: 255,
} as const;

/** What to do with one message: `pass` its bytes on, `drop` them, or wait until `need` bytes are there. */
export type RfbVerdict =
  | { readonly act: "pass" | "drop"; readonly length: number }
  | { readonly act: "encodings"; readonly length: number }
  | { readonly act: "need"; readonly bytes: number }
  | { readonly act: "refuse"; readonly why: string };

const pass = (length: number): RfbVerdict => ({ act: "pass", length });
const drop = (length: number): RfbVerdict => ({ act: "drop", length });
const refuse = (why: string): RfbVerdict => ({ act: "refuse", why });

/** Reads so many bytes from the front, or asks for them. */
function withBytes(bytes: Uint8Array, count: number, read: (view: DataView) => RfbVerdict): RfbVerdict {
  return bytes.length < count ? { act: "need", bytes: count } : read(viewOf(bytes));
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Judges the message at the front of `bytes` (which is not empty) for somebody who may only look. */
export function judgeForViewer(bytes: Uint8Array): RfbVerdict {
  const type = bytes[0];
  switch (type) {
    case CLIENT_MESSAGE.setPixelFormat:
      return pass(20);
    case CLIENT_MESSAGE.framebufferUpdateRequest:
    case CLIENT_MESSAGE.enableContinuousUpdates:
      return pass(10);
    case CLIENT_MESSAGE.setEncodings:
      return withBytes(bytes, 4, (view) => judgeEncodings(view.getUint16(2)));
    case CLIENT_MESSAGE.clientFence:
      return withBytes(bytes, 9, (view) => judgeFence(view.getUint8(8)));
    case CLIENT_MESSAGE.keyEvent:
      return drop(8);
    case CLIENT_MESSAGE.pointerEvent:
      return drop(6);
    case CLIENT_MESSAGE.numberedInput:
      return withBytes(bytes, 2, (view) => drop(12 + view.getUint8(1)));
    case CLIENT_MESSAGE.xvp:
      return drop(4);
    case CLIENT_MESSAGE.clientCutText:
      return withBytes(bytes, 8, (view) => judgeCutText(view.getInt32(4)));
    case CLIENT_MESSAGE.setDesktopSize:
      return withBytes(bytes, 8, (view) => drop(8 + 16 * view.getUint8(6)));
    case CLIENT_MESSAGE.qemu:
      return withBytes(bytes, 4, judgeQemu);
    default:
      return refuse(`message type ${type} is unknown`);
  }
}

/** The mask of a pointer that has more than seven buttons says so, and one byte more follows. */
export const EXTENDED_POINTER = 0x80;

/**
 * The same for somebody who may have the control: `drop` is input, which passes while it has it. Encodings are left as
 * they are, so that the pointer may have more buttons.
 */
export function judgeForController(bytes: Uint8Array): RfbVerdict {
  if (bytes[0] === CLIENT_MESSAGE.pointerEvent)
    return withBytes(bytes, 2, (view) => drop((view.getUint8(1) & EXTENDED_POINTER) === 0 ? 6 : 7));
  const verdict = judgeForViewer(bytes);
  return verdict.act === "drop" && isAudio(bytes) ? pass(verdict.length) : verdict;
}

/** What asks for sound is no input. */
const isAudio = (bytes: Uint8Array): boolean => bytes[0] === CLIENT_MESSAGE.qemu && bytes[1] === 1;

const judgeEncodings = (count: number): RfbVerdict =>
  count > LIMITS.encodings ? refuse(`${count} encodings`) : { act: "encodings", length: 4 + 4 * count };

const judgeFence = (payload: number): RfbVerdict =>
  payload > LIMITS.fenceBytes ? refuse(`a fence of ${payload} bytes`) : pass(9 + payload);

/** A negative length announces the extended clipboard; its size is the absolute value. */
function judgeCutText(length: number): RfbVerdict {
  const bytes = Math.abs(length);
  return bytes > LIMITS.cutTextBytes ? refuse(`a clipboard of ${bytes} bytes`) : drop(8 + bytes);
}

/** Sub-message 0 is a key, 1 is audio: operation 2 sets the format and carries six bytes more. */
function judgeQemu(view: DataView): RfbVerdict {
  const kind = view.getUint8(1);
  if (kind === 0) return drop(12);
  if (kind === 1) return drop(view.getUint16(2) === 2 ? 10 : 4);
  return refuse(`QEMU message ${kind} is unknown`);
}

/** The same SetEncodings message without what would ask for input. */
export const withoutInputEncodings = (message: Uint8Array): Uint8Array =>
  keepEncodings(message, (encoding) => !INPUT_ENCODINGS.has(encoding));
