import { BrowserVmError } from "./errors.ts";
import { beginsAsPng, CLIPBOARD_LIMITS } from "./guest/clipboard-content.ts";

const limitBytes = CLIPBOARD_LIMITS.imageBytes;

/** CLIPBOARD_TOO_LARGE. */
export function refuseLargeImage(bytes: number): void {
  if (bytes > limitBytes)
    throw new BrowserVmError("CLIPBOARD_TOO_LARGE", `${bytes} bytes are more than ${limitBytes}`, {
      limitBytes,
    });
}

/** A whole image for a clipboard, of bytes as they come. CLIPBOARD_TOO_LARGE as soon as it is, CLIPBOARD_NOT_PNG. */
export async function collectImage(body: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    length += piece.length;
    refuseLargeImage(length);
    pieces.push(piece);
  }
  const image = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    image.set(piece, at);
    at += piece.length;
  }
  if (!beginsAsPng(image)) throw new BrowserVmError("CLIPBOARD_NOT_PNG", "these bytes are no PNG image");
  return image;
}
