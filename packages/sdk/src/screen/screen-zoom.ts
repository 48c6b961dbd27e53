import { hold, panBy, UNZOOMED, type Zoom, zoomAt } from "./zoom.ts";

/** What noVNC says of fingers on its canvas (core/input/gesturehandler.js). */
interface Gesture {
  readonly type: string;
  /** Of a pinch and a drag with two fingers: where it began. */
  readonly clientX: number;
  readonly clientY: number;
  /** Of a pinch the fingers' distance, of a drag with two how far they came. */
  readonly magnitudeX: number;
  readonly magnitudeY: number;
}

/**
 * Lets the reader's fingers enlarge the picture, on this screen only: noVNC hears nothing of a pinch, nor of a drag
 * with two fingers while the picture is larger than its view.
 */
export class ScreenZoom {
  readonly #root: HTMLElement;
  readonly #pane: HTMLElement;
  readonly #onChange: (zoom: Zoom) => void;
  readonly #ends = new AbortController();
  readonly #sizes: ResizeObserver;
  #zoom = UNZOOMED;
  #before: Gesture | null = null;

  constructor(root: HTMLElement, pane: HTMLElement, onChange: (zoom: Zoom) => void) {
    this.#root = root;
    this.#pane = pane;
    this.#onChange = onChange;
    for (const type of ["gesturestart", "gesturemove", "gestureend"])
      pane.addEventListener(type, (event) => this.#hear(event), {
        capture: true,
        signal: this.#ends.signal,
      });
    this.#sizes = new ResizeObserver(() => this.#set(hold(this.#zoom, this.#view)));
    this.#sizes.observe(root);
    this.#lay();
  }

  reset(): void {
    this.#set(UNZOOMED);
  }

  close(): void {
    this.#ends.abort();
    this.#sizes.disconnect();
    this.#set(UNZOOMED);
  }

  get #view() {
    return { width: this.#root.clientWidth, height: this.#root.clientHeight };
  }

  #hear(event: Event): void {
    // Safari has events of that name which are not noVNC's
    if (!(event instanceof CustomEvent)) return;
    const gesture: Gesture = event.detail;
    const isPan = gesture.type === "twodrag" && this.#zoom.scale > 1;
    if (gesture.type !== "pinch" && !isPan) return;
    event.stopImmediatePropagation();
    const before = event.type === "gesturemove" ? this.#before : null;
    this.#before = event.type === "gestureend" ? null : gesture;
    if (before === null) return;
    if (isPan) {
      const by = {
        x: gesture.magnitudeX - before.magnitudeX,
        y: gesture.magnitudeY - before.magnitudeY,
      };
      this.#set(panBy(this.#zoom, by, this.#view));
    } else this.#pinch(before, gesture);
  }

  #pinch(before: Gesture, now: Gesture): void {
    const { left, top } = this.#root.getBoundingClientRect();
    const focus = { x: now.clientX - left, y: now.clientY - top };
    const factor = distance(now) / Math.max(1, distance(before));
    this.#set(zoomAt(this.#zoom, factor, focus, this.#view));
  }

  #set(zoom: Zoom): void {
    const { scale, x, y } = this.#zoom;
    if (zoom.scale === scale && zoom.x === x && zoom.y === y) return;
    this.#zoom = zoom;
    this.#lay();
    this.#onChange(zoom);
  }

  /** noVNC fits its picture into the pane, so that its own arithmetic stays right; a CSS transform it would not see. */
  #lay(): void {
    const { scale, x, y } = this.#zoom;
    Object.assign(this.#pane.style, {
      left: `${x}px`,
      top: `${y}px`,
      width: `${scale * 100}%`,
      height: `${scale * 100}%`,
    });
  }
}

const distance = ({ magnitudeX, magnitudeY }: Gesture) => Math.hypot(magnitudeX, magnitudeY);
