import { BrowserVmError, CLIPBOARD_LIMITS, toBrowserVmError } from "@browservm/contract";

/** An image of the reader's on its way to the VM's clipboard. */
export type ImagePaste =
  | { readonly is: "going" }
  | { readonly is: "there" }
  | { readonly is: "refused"; readonly error: BrowserVmError };

export interface ImagePasterSpec {
  /** Puts it on the VM's clipboard. */
  readonly give: (png: Blob) => Promise<void>;
  readonly tell: (paste: ImagePaste) => void;
}

const PNG = "image/png";
/** Drawings are programs rather than pixels. */
const NO_PIXELS = "image/svg+xml";

/**
 * The reader's images for the VM's clipboard. Of the two clipboards the newer one is meant: an image goes once, and none
 * goes after something was copied in the VM, until the reader has turned elsewhere and come back.
 */
export class ImagePaster {
  readonly #spec: ImagePasterSpec;
  #last: Uint8Array | null = null;
  #isVmNewer = false;
  #giving: Promise<unknown> = Promise.resolve();

  constructor(spec: ImagePasterSpec) {
    this.#spec = spec;
  }

  /** The reader comes: they may have copied something meanwhile. */
  come(): void {
    this.#isVmNewer = false;
  }

  /** Something was copied in the VM. */
  vmCopied(): void {
    this.#isVmNewer = true;
  }

  /** The image that is meant to be pasted, given to the VM: whether it is there. Undefined: no image is meant. */
  take(data: DataTransfer | null): Promise<boolean> | undefined {
    const image = this.#isVmNewer ? undefined : imageOf(data);
    return image && this.give(image);
  }

  /** Gives an image, `isAgain` also when it was the last one; why not is told. */
  give(image: Blob, isAgain = false): Promise<boolean> {
    // One after the other, so that one that is pasted twice is known by then.
    const given = this.#giving.then(() => this.#give(image, isAgain));
    this.#giving = given;
    return given;
  }

  async #give(image: Blob, isAgain: boolean): Promise<boolean> {
    try {
      const bytes = new Uint8Array(await image.arrayBuffer());
      if (!isAgain && this.#last && isSame(this.#last, bytes)) return true;
      this.#spec.tell({ is: "going" });
      const png = await asPng(image);
      if (png.size > CLIPBOARD_LIMITS.imageBytes) throw tooLarge(png.size);
      await this.#spec.give(png);
      this.#last = bytes;
      this.#spec.tell({ is: "there" });
      return true;
    } catch (error) {
      this.#spec.tell({ is: "refused", error: toBrowserVmError(error) });
      return false;
    }
  }
}

/** An image without words beside it: what has both, as cells of a table, is meant as words. */
export function imageOf(data: DataTransfer | null): Blob | undefined {
  if (!data || data.types.includes("text/plain")) return undefined;
  const items = [...data.items];
  return (
    items.find(({ kind, type }) => kind === "file" && type.startsWith("image/"))?.getAsFile() ?? undefined
  );
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, at) => byte === other[at]);

/** CLIPBOARD_NOT_PNG when this browser cannot make one of it. */
async function asPng(image: Blob): Promise<Blob> {
  if (image.type === PNG) return image;
  try {
    if (image.type === NO_PIXELS) throw new Error("it has no pixels");
    using bitmap = closing(await createImageBitmap(image));
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: bitmap.image.width, height: bitmap.image.height });
    canvas.getContext("2d")?.drawImage(bitmap.image, 0, 0);
    const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, PNG));
    if (!png) throw new Error("it is too large to be drawn");
    return png;
  } catch (cause) {
    const why = `this browser cannot make a PNG image of ${image.type}`;
    throw new BrowserVmError("CLIPBOARD_NOT_PNG", why, {}, { cause });
  }
}

const closing = (image: ImageBitmap) => ({ image, [Symbol.dispose]: () => image.close() });

function tooLarge(bytes: number): BrowserVmError {
  const limitBytes = CLIPBOARD_LIMITS.imageBytes;
  const why = `the image is ${bytes} bytes as PNG, and ${limitBytes} are the most`;
  return new BrowserVmError("CLIPBOARD_TOO_LARGE", why, { limitBytes });
}
