import { PNG } from "pngjs";
import type { Frame } from "./frame.ts";

/** The frame as a PNG file. */
export function encodePng({ width, height, rgba }: Frame): Buffer {
  const png = new PNG({ width, height });
  png.data = Buffer.from(rgba.buffer, rgba.byteOffset, rgba.byteLength);
  return PNG.sync.write(png, { colorType: 2, inputHasAlpha: true });
}
