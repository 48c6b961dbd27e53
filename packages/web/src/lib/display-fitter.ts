export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface DisplayFitterSpec {
  /** Asks the VM's display to have this size. */
  readonly resize: (size: Size) => Promise<unknown>;
  readonly onProblem: (error: unknown) => void;
  readonly waitMs?: number;
}

const WAIT_MS = 300;

const within = (value: number, min: number, max: number) =>
  // TigerVNC rounds odd sizes its own way; even ones stay
  Math.floor(Math.min(max, Math.max(min, value))) & ~1;

/** The size that a VM's display can have and that fits a box best. */
export const fittedSize = ({ width, height }: Size): Size => ({
  width: within(width, 320, 3840),
  height: within(height, 240, 2160),
});

/** Lets a VM's display follow a box: when it rests, one wish at a time, and always the latest. */
export class DisplayFitter implements Disposable {
  readonly #spec: DisplayFitterSpec;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wanted: Size | null = null;
  #asked: Size | null = null;
  #isAsking = false;
  #isOver = false;

  constructor(spec: DisplayFitterSpec) {
    this.#spec = spec;
  }

  /** The box has this size now. */
  fit(box: Size): void {
    // a page that is hidden has no size
    if (box.width === 0 || box.height === 0) return;
    this.#wanted = fittedSize(box);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), this.#spec.waitMs ?? WAIT_MS);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    while (!this.#isOver && this.#wanted !== null && !isSame(this.#wanted, this.#asked)) {
      this.#asked = this.#wanted;
      try {
        await this.#spec.resize(this.#asked);
      } catch (error) {
        if (!this.#isOver) this.#spec.onProblem(error);
      }
    }
    this.#isAsking = false;
  }
}

const isSame = (one: Size, other: Size | null): boolean =>
  one.width === other?.width && one.height === other.height;
