/** How the reader looks at the picture: enlarged by `scale`, its left upper corner at these pixels of the view. */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

export const UNZOOMED: Zoom = { scale: 1, x: 0, y: 0 };
const MOST = 5;

/** Enlarged by a factor; what is under `focus` stays there. */
export function zoomAt(zoom: Zoom, factor: number, focus: Point, view: Size): Zoom {
  const scale = within(zoom.scale * factor, 1, MOST);
  const by = scale / zoom.scale;
  return hold({ scale, x: focus.x - (focus.x - zoom.x) * by, y: focus.y - (focus.y - zoom.y) * by }, view);
}

/** Moved, as far as there is picture. */
export function panBy(zoom: Zoom, { x, y }: Point, view: Size): Zoom {
  return hold({ ...zoom, x: zoom.x + x, y: zoom.y + y }, view);
}

/** The view is always filled, also when it has become smaller. */
export function hold({ scale, x, y }: Zoom, { width, height }: Size): Zoom {
  return { scale, x: within(x, width * (1 - scale), 0), y: within(y, height * (1 - scale), 0) };
}

// never -0, which is equal to 0 and prints otherwise
const within = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value)) + 0;
