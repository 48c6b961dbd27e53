import { CLIENT_MESSAGE } from "./client-message.ts";

/** Pseudo-encoding by which a client says that it knows the extended clipboard (rfbproto). */
const EXTENDED_CLIPBOARD = 0xc0a1e5ce;
const RAW = 0;

const TEXT = 1;
const ACTION = {
  caps: 1 << 24,
  request: 1 << 25,
  peek: 1 << 26,
  notify: 1 << 27,
  provide: 1 << 28,
} as const;

/** A longer text, or its compressed form, is refused, in bytes. */
export const MAX_CLIPBOARD_BYTES = 1024 * 1024;
/** So many bytes of a ClientCutText tell what it is. */
export const CLIPBOARD_HEAD_BYTES = 12;

/** What a ClientCutText does: gives a text to the VM, takes one from it, or says what the client can. */
export type ClipboardDeed = "give" | "take" | "caps";

export interface ClipboardHead {
  readonly deed: ClipboardDeed;
  /** Of the text, as it is sent. */
  readonly bytes: number;
}

/** Reads the head of a ClientCutText, of which `CLIPBOARD_HEAD_BYTES` are there where it has as many. */
export function readClipboardHead(head: Uint8Array): ClipboardHead {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const length = view.getInt32(4);
  const bytes = Math.abs(length);
  if (length >= 0 || head.length < CLIPBOARD_HEAD_BYTES) return { deed: "give", bytes };
  const flags = view.getUint32(8);
  if (flags & ACTION.caps) return { deed: "caps", bytes };
  const isTaking = (flags & (ACTION.request | ACTION.peek)) !== 0 && (flags & (ACTION.notify | ACTION.provide)) === 0;
  return { deed: isTaking ? "take" : "give", bytes };
}

/**
 * What makes a display tell a client nothing of its clipboard, said before anything else: the client knows the extended
 * clipboard, takes no text unasked, and no notice of one. Whether it may give text is the caller's.
 */
export function silentClipboard(): Uint8Array {
  return joined([withExtendedClipboard(encodings([RAW])), silentCaps()]);
}

/** In the place of a client's own caps. */
export function silentCaps(): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, CLIENT_MESSAGE.clientCutText);
  view.setInt32(4, -8);
  view.setUint32(8, ACTION.caps | ACTION.request | TEXT);
  return bytes;
}

/** The same SetEncodings message, with the extended clipboard: a client without it is sent every text. */
export function withExtendedClipboard(message: Uint8Array): Uint8Array {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const all = Array.from({ length: view.getUint16(2) }, (_, at) => view.getUint32(4 + 4 * at));
  return all.includes(EXTENDED_CLIPBOARD) ? message : encodings([...all, EXTENDED_CLIPBOARD]);
}

function encodings(all: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 + 4 * all.length));
  view.setUint8(0, CLIENT_MESSAGE.setEncodings);
  view.setUint16(2, all.length);
  for (const [at, encoding] of all.entries()) view.setUint32(4 + 4 * at, encoding);
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
