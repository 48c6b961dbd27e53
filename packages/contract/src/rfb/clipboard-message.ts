/** Extended clipboard (rfbproto): what the first four bytes of a text say, when its length is negative. */
const ACTION = { caps: 1 << 24, request: 1 << 25, peek: 1 << 26, notify: 1 << 27, provide: 1 << 28 } as const;
/** Type, padding, length. */
export const CUT_TEXT_BYTES = 8;
const FLAGS_BYTES = 4;

/**
 * What a message about a clipboard does, whichever side says it: it gives text (or says that there is some), asks for
 * some, or says what its sender can.
 */
export type ClipboardDeed = "give" | "ask" | "caps";

export interface ClipboardHead {
  readonly deed: ClipboardDeed;
  /** Of what comes after the first eight bytes. */
  readonly bytes: number;
  /** So many of them come before the text itself, which is compressed; 0 where it stands as it is. */
  readonly packedAfter: number;
}

/** Reads a ClientCutText or ServerCutText; answers of how many bytes it needs the head when it is too short. */
export function readClipboardHead(head: Uint8Array): ClipboardHead | { readonly need: number } {
  if (head.length < CUT_TEXT_BYTES) return { need: CUT_TEXT_BYTES };
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const length = view.getInt32(4);
  const bytes = Math.abs(length);
  if (length >= 0 || bytes < FLAGS_BYTES) return { deed: "give", bytes, packedAfter: 0 };
  const need = CUT_TEXT_BYTES + FLAGS_BYTES;
  if (head.length < need) return { need };
  const flags = view.getUint32(CUT_TEXT_BYTES);
  // first, for it says all that its sender can
  if (flags & ACTION.caps) return { deed: "caps", bytes, packedAfter: 0 };
  if (flags & ACTION.provide) return { deed: "give", bytes, packedAfter: FLAGS_BYTES };
  if (flags & ACTION.notify) return { deed: "give", bytes, packedAfter: 0 };
  return { deed: flags & (ACTION.request | ACTION.peek) ? "ask" : "give", bytes, packedAfter: 0 };
}
