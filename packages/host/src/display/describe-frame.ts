import type { Frame } from "./frame.ts";

export interface FrameDescription {
  readonly width: number;
  readonly height: number;
  /** Counted up to 4096. */
  readonly distinctColours: number;
  /** Share (0 to 1) of pixels that show the display's root, where nothing was drawn. */
  readonly rootShare: number;
  /** Share of the most frequent colour, and that colour as 0xRRGGBB. */
  readonly dominantShare: number;
  readonly dominantColour: number;
  /** True when there is only the root, or when what stands on it is one flat colour. */
  readonly isBlank: boolean;
}

const COUNTED_COLOURS = 4096;
/** A caret, a pointer or a one-pixel border does not make a picture. */
const ALMOST_ALL = 0.995;

/** What can be told of a frame without eyes. `rootColour` is written as in CSS, "#1d2733". */
export function describeFrame(frame: Frame, rootColour: string): FrameDescription {
  const counts = countColours(frame);
  const pixels = Math.max(1, frame.width * frame.height);
  const root = Number.parseInt(rootColour.slice(1), 16);
  const rootPixels = counts.get(root) ?? 0;
  const [dominantColour, dominantPixels] = mostFrequent(counts);
  const distinctColours = counts.size;
  counts.delete(root);
  const [, windowPixels] = mostFrequent(counts);
  return {
    width: frame.width,
    height: frame.height,
    distinctColours,
    rootShare: rootPixels / pixels,
    dominantShare: dominantPixels / pixels,
    dominantColour,
    isBlank: rootPixels > pixels * ALMOST_ALL || windowPixels > (pixels - rootPixels) * ALMOST_ALL,
  };
}

/** Of a very colourful picture only the first 4096 colours are counted; its shares are then lower bounds. */
function countColours({ rgba }: Frame): Map<number, number> {
  const counts = new Map<number, number>();
  for (let at = 0; at + 2 < rgba.length; at += 4) {
    const colour = ((rgba[at] ?? 0) << 16) | ((rgba[at + 1] ?? 0) << 8) | (rgba[at + 2] ?? 0);
    const count = counts.get(colour);
    if (count !== undefined) counts.set(colour, count + 1);
    else if (counts.size < COUNTED_COLOURS) counts.set(colour, 1);
  }
  return counts;
}

function mostFrequent(counts: ReadonlyMap<number, number>): readonly [colour: number, count: number] {
  let best: readonly [number, number] = [0, 0];
  for (const entry of counts) if (entry[1] > best[1]) best = entry;
  return best;
}
