import { CLIENT_MESSAGE, judgeForController } from "./client-message.ts";

/**
 * Input that may come by two ways and is done once. An RFB client numbers its input messages, sends each over its
 * RFB connection, and the same bytes again over an unordered data channel: what arrives first is done. Both kinds are for
 * the controller, never for a display:
 *
 * ```
 * input  u8 191 | u8 length | u16 0 | u32 tag | u32 number | message    length 0: only takes a number (a step)
 * move   u8 190 | u8 6      | u16 0 | u32 tag | u32 after  | u32 order | PointerEvent
 * ```
 *
 * `tag` names one RFB connection. A step goes over the RFB connection only, so that nothing numbered later overtakes what
 * was sent there before it. A move comes over the channel only, may be lost, and counts while `after` is the next number.
 */
export const NUMBERED_MOVE = 190;

const INPUT_HEADER_BYTES = 12;
const MOVE_HEADER_BYTES = 16;
const POINTER_BYTES = 6;
/** The longest that either kind can be. */
export const MAX_NUMBERED_BYTES = MOVE_HEADER_BYTES + INPUT_HEADER_BYTES;

export interface NumberedInput {
  readonly kind: "input";
  readonly tag: number;
  readonly number: number;
  /** One RFB message; empty: a step. */
  readonly message: Uint8Array;
}

export interface NumberedMove {
  readonly kind: "move";
  readonly tag: number;
  readonly after: number;
  readonly order: number;
  /** A PointerEvent. */
  readonly message: Uint8Array;
}

/** Whether these bytes are one whole message of a key or the pointer, and nothing more. */
export function isInputMessage(bytes: Uint8Array): boolean {
  const [type] = bytes;
  const { keyEvent, pointerEvent, qemu } = CLIENT_MESSAGE;
  if (type !== keyEvent && type !== pointerEvent && type !== qemu) return false;
  const verdict = judgeForController(bytes);
  return verdict.act === "drop" && verdict.length === bytes.length;
}

export function encodeInput({ tag, number, message }: Omit<NumberedInput, "kind">): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(INPUT_HEADER_BYTES + message.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, CLIENT_MESSAGE.numberedInput);
  view.setUint8(1, message.length);
  view.setUint32(4, tag);
  view.setUint32(8, number);
  bytes.set(message, INPUT_HEADER_BYTES);
  return bytes;
}

export function encodeMove({
  tag,
  after,
  order,
  message,
}: Omit<NumberedMove, "kind">): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(MOVE_HEADER_BYTES + message.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, NUMBERED_MOVE);
  view.setUint8(1, message.length);
  view.setUint32(4, tag);
  view.setUint32(8, after);
  view.setUint32(12, order);
  bytes.set(message, MOVE_HEADER_BYTES);
  return bytes;
}

/** Undefined for anything else than exactly one of them. */
export function readNumbered(bytes: Uint8Array): NumberedInput | NumberedMove | undefined {
  if (bytes.length < INPUT_HEADER_BYTES || bytes.length > MAX_NUMBERED_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(2) !== 0) return undefined;
  const isMove = bytes[0] === NUMBERED_MOVE;
  if (!isMove && bytes[0] !== CLIENT_MESSAGE.numberedInput) return undefined;
  const message = bytes.subarray(isMove ? MOVE_HEADER_BYTES : INPUT_HEADER_BYTES);
  if (message.length !== bytes[1]) return undefined;
  const tag = view.getUint32(4);
  if (!isMove) {
    const isGood = message.length === 0 || isInputMessage(message);
    return isGood ? { kind: "input", tag, number: view.getUint32(8), message } : undefined;
  }
  const isPointer = message.length === POINTER_BYTES && message[0] === CLIENT_MESSAGE.pointerEvent;
  if (!isPointer || !isInputMessage(message)) return undefined;
  return { kind: "move", tag, after: view.getUint32(8), order: view.getUint32(12), message };
}

/** Where a message puts the pointer; undefined for keys. */
export function placeOf(message: Uint8Array): { x: number; y: number } | undefined {
  if (message[0] !== CLIENT_MESSAGE.pointerEvent) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  return { x: view.getUint16(2), y: view.getUint16(4) };
}
