/** Keeps a layer exactly over the display's canvas, which moves and grows as the page and the VM's display do. */
export class Geometry {
  readonly #layer: HTMLElement;
  readonly #display: HTMLElement;
  readonly #sizes = new ResizeObserver(() => this.#lay());
  readonly #comings = new MutationObserver(() => this.#watch());
  #canvas: HTMLElement | null = null;

  /** `layer` is positioned absolutely inside an element that also has `display`, into which the canvas comes. */
  constructor(layer: HTMLElement, display: HTMLElement) {
    this.#layer = layer;
    this.#display = display;
    this.#comings.observe(display, { childList: true, subtree: true });
    this.#watch();
  }

  close(): void {
    this.#comings.disconnect();
    this.#sizes.disconnect();
  }

  /** A display that connects anew has another canvas. */
  #watch(): void {
    const canvas = this.#display.querySelector("canvas");
    if (canvas === this.#canvas) return;
    this.#canvas = canvas;
    this.#sizes.disconnect();
    this.#sizes.observe(this.#display);
    if (canvas) this.#sizes.observe(canvas);
    this.#lay();
  }

  #lay(): void {
    // not its offsetParent: it has none while it is hidden
    const parent = this.#layer.parentElement;
    if (!this.#canvas || !parent) return;
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const origin = parent.getBoundingClientRect();
    Object.assign(this.#layer.style, {
      left: `${left - origin.left - parent.clientLeft}px`,
      top: `${top - origin.top - parent.clientTop}px`,
      width: `${width}px`,
      height: `${height}px`,
    });
  }
}
