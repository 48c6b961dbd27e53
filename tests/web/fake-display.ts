import { PNG } from "pngjs";

type Colour = readonly [number, number, number];

const PAPER: Colour = [250, 250, 252];
const INK: Colour = [205, 210, 220];

/** A display with a drawn page on it; each key that is typed adds a block and changes the page's colour. */
export class FakeDisplay {
  width = 1280;
  height = 720;
  /** Keysyms of the keys that went down, in order. */
  readonly keys: number[] = [];
  readonly released: number[] = [];
  readonly clicks: { x: number; y: number }[] = [];
  /** Every pointer message, with the buttons that are down (RFC 6143 §7.5.5). */
  readonly pointers: { mask: number; x: number; y: number }[] = [];
  /** What the viewer put on our clipboard. */
  clipboard = "";
  /** How often all of it was sent to a viewer. */
  pictures = 0;
  readonly #watchers = new Set<() => void>();

  key(keysym: number, isDown: boolean): void {
    if (!isDown) {
      this.released.push(keysym);
      return;
    }
    this.keys.push(keysym);
    this.#changed();
  }

  pointer(mask: number, x: number, y: number): void {
    this.pointers.push({ mask, x, y });
    if (mask === 1) this.clicks.push({ x, y });
  }

  resize(width: number, height: number): void {
    Object.assign(this, { width, height });
    this.#changed();
  }

  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** The colour of the page's top: it depends on what was typed. */
  get accent(): Colour {
    const hues: readonly Colour[] = [
      [52, 92, 224],
      [14, 140, 92],
      [200, 80, 40],
      [130, 70, 200],
    ];
    return hues[this.keys.length % hues.length] ?? [0, 0, 0];
  }

  /** RGBA, row by row. */
  paint(): Uint8Array {
    const { width, height } = this;
    const pixels = new Uint8Array(width * height * 4);
    const words = new Uint32Array(pixels.buffer);
    const box = (x: number, y: number, w: number, h: number, [r, g, b]: Colour) => {
      const word = (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
      for (let row = Math.max(0, y); row < Math.min(height, y + h); row += 1)
        words.fill(word, row * width + Math.max(0, x), row * width + Math.min(width, x + w));
    };
    box(0, 0, width, height, PAPER);
    box(0, 0, width, 220, this.accent);
    box(80, 70, 420, 34, [255, 255, 255]);
    box(80, 124, 300, 18, [230, 235, 250]);
    for (let line = 0; line < 7; line += 1) box(80, 270 + line * 34, 620 - (line % 3) * 90, 14, INK);
    box(820, 270, 380, 260, [228, 232, 240]);
    for (const index of this.keys.keys())
      box(80 + (index % 24) * 30, 560 + Math.floor(index / 24) * 40, 22, 30, this.accent);
    return pixels;
  }

  png(): Buffer {
    const { width, height } = this;
    const png = new PNG({ width, height });
    png.data = Buffer.from(this.paint().buffer);
    return PNG.sync.write(png);
  }
}
