import { readFileSync } from "node:fs";
import * as z from "zod";

const ImageInfo = z.object({
  id: z.string().max(128).default("unknown"),
  hasBrowser: z.boolean().default(false),
});
export type ImageInfo = z.infer<typeof ImageInfo>;

/** What the image says about itself; one with no (or a damaged) description is taken as one without a browser. */
export function readImageInfo(path: string): ImageInfo {
  try {
    return ImageInfo.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return { id: "unknown", hasBrowser: false };
  }
}
