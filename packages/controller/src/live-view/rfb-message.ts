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
  clientFence: 248,
  xvp: 250,
  setDesktopSize: 251,
  qemu: 255,
} as const;

/** Pseudo-encodings by which a client asks to send richer input. A viewer's are struck out. */
export const INPUT_ENCODINGS: ReadonlySet<number> = new Set([
  -258, // QEMU Extended Key Event
  -316, // Extended Mouse Buttons: would make PointerEvent one byte longer
]);

export const LIMITS = {
  encodings: 1024,
  /** Extended clipboard and plain cut text, in bytes; skipped, never kept. */
  cutTextBytes: 20 * 1024 * 1024,
  fenceBytes: 64,
  screens: 255,
} as const;

/** What to do with one message: `pass` its bytes on, `drop` them, or wait until `need` bytes are there. */
export type Verdict =
  | { readonly act: "pass" | "drop"; readonly length: number }
  | { readonly act: "encodings"; readonly length: number }
  | { readonly act: "need"; readonly bytes: number }
  | { readonly act: "refuse"; readonly why: string };

const pass = (length: number): Verdict => ({ act: "pass", length });
const drop = (length: number): Verdict => ({ act: "drop", length });
const refuse = (why: string): Verdict => ({ act: "refuse", why });

/** Reads `bytes` from the front, or asks for them. */
function withBytes(buffer: Buffer, bytes: number, read: (view: Buffer) => Verdict): Verdict {
  return buffer.length < bytes ? { act: "need", bytes } : read(buffer);
}

/** Judges the message at the front of `buffer` (which is not empty) for somebody who may only look. */
export function judgeForViewer(buffer: Buffer): Verdict {
  const type = buffer[0];
  switch (type) {
    case CLIENT_MESSAGE.setPixelFormat:
      return pass(20);
    case CLIENT_MESSAGE.framebufferUpdateRequest:
    case CLIENT_MESSAGE.enableContinuousUpdates:
      return pass(10);
    case CLIENT_MESSAGE.setEncodings:
      return withBytes(buffer, 4, (view) => judgeEncodings(view.readUInt16BE(2)));
    case CLIENT_MESSAGE.clientFence:
      return withBytes(buffer, 9, (view) => judgeFence(view.readUInt8(8)));
    case CLIENT_MESSAGE.keyEvent:
      return drop(8);
    case CLIENT_MESSAGE.pointerEvent:
      return drop(6);
    case CLIENT_MESSAGE.xvp:
      return drop(4);
    case CLIENT_MESSAGE.clientCutText:
      return withBytes(buffer, 8, (view) => judgeCutText(view.readInt32BE(4)));
    case CLIENT_MESSAGE.setDesktopSize:
      return withBytes(buffer, 8, (view) => drop(8 + 16 * view.readUInt8(6)));
    case CLIENT_MESSAGE.qemu:
      return withBytes(buffer, 4, judgeQemu);
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
export function judgeForController(buffer: Buffer): Verdict {
  if (buffer[0] === CLIENT_MESSAGE.pointerEvent)
    return withBytes(buffer, 2, (view) => drop((view.readUInt8(1) & EXTENDED_POINTER) === 0 ? 6 : 7));
  const verdict = judgeForViewer(buffer);
  return verdict.act === "drop" && isAudio(buffer) ? pass(verdict.length) : verdict;
}

/** What asks for sound is no input. */
const isAudio = (buffer: Buffer): boolean => buffer[0] === CLIENT_MESSAGE.qemu && buffer[1] === 1;

const judgeEncodings = (count: number): Verdict =>
  count > LIMITS.encodings ? refuse(`${count} encodings`) : { act: "encodings", length: 4 + 4 * count };

const judgeFence = (payload: number): Verdict =>
  payload > LIMITS.fenceBytes ? refuse(`a fence of ${payload} bytes`) : pass(9 + payload);

/** A negative length announces the extended clipboard; its size is the absolute value. */
function judgeCutText(length: number): Verdict {
  const bytes = Math.abs(length);
  return bytes > LIMITS.cutTextBytes ? refuse(`a clipboard of ${bytes} bytes`) : drop(8 + bytes);
}

/** Sub-message 0 is a key, 1 is audio: operation 2 sets the format and carries six bytes more. */
function judgeQemu(view: Buffer): Verdict {
  const kind = view.readUInt8(1);
  if (kind === 0) return drop(12);
  if (kind === 1) return drop(view.readUInt16BE(2) === 2 ? 10 : 4);
  return refuse(`QEMU message ${kind} is unknown`);
}

/** The same SetEncodings message without what would ask for input. */
export function withoutInputEncodings(message: Buffer): Buffer {
  const kept: number[] = [];
  for (let at = 4; at < message.length; at += 4) {
    const encoding = message.readInt32BE(at);
    if (!INPUT_ENCODINGS.has(encoding)) kept.push(encoding);
  }
  const out = Buffer.alloc(4 + 4 * kept.length);
  out.writeUInt8(CLIENT_MESSAGE.setEncodings, 0);
  out.writeUInt16BE(kept.length, 2);
  kept.forEach((encoding, index) => void out.writeInt32BE(encoding, 4 + 4 * index));
  return out;
}
