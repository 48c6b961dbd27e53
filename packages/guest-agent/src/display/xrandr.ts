import type { Size } from "./display.ts";

/** A mode for a screen that has no beam: only the sizes mean something, so the timings are minimal and 60 Hz. */
export function modeLine({ width, height }: Size): { readonly name: string; readonly args: string[] } {
  const [totalWidth, totalHeight] = [width + 160, height + 30];
  const clockMhz = ((totalWidth * totalHeight * 60) / 1_000_000).toFixed(2);
  const horizontal = [width, width + 48, width + 80, totalWidth];
  const vertical = [height, height + 3, height + 8, totalHeight];
  return {
    name: `${width}x${height}_bvm`,
    args: [clockMhz, ...horizontal.map(String), ...vertical.map(String)],
  };
}

/** From `xrandr --current`: "Screen 0: minimum 32 x 32, current 1280 x 720, maximum 32768 x 32768". */
export function currentSize(text: string): Size | undefined {
  const [, width, height] = /current (\d+) x (\d+)/.exec(text) ?? [];
  return width && height ? { width: Number(width), height: Number(height) } : undefined;
}
