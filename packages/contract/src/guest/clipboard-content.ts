/** Longer is refused, in bytes. */
export const CLIPBOARD_LIMITS = {
  /** Of a text as UTF-8: what the VM's display takes at most (Xvnc(1), -MaxCutText). */
  textBytes: 262_144,
  imageBytes: 8 * 1_048_576,
} as const;

/** How long a text is to the VM's display: RFB ends lines with CR LF, and a text with NUL. */
export const clipboardBytes = (text: string): number =>
  new TextEncoder().encode(text.replaceAll(/\r\n|\r|\n/g, "\r\n")).length + 1;

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const IHDR = [0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];

/** Whether bytes begin as a PNG image does (PNG, 5.2 and 11.2.2). */
export const beginsAsPng = (bytes: Uint8Array): boolean =>
  [...PNG_SIGNATURE, ...IHDR].every((byte, at) => bytes[at] === byte);
